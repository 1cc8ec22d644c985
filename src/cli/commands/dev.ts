import type { Command } from 'commander';
import { startServer } from '../../index.js';
import { invariant } from '../../lib/invariant.js';
import { ownCommand } from '../../lib/own-command.js';
import { type Api, createApi } from '../api.js';
import { type Connection, connect } from '../connection.js';
import { Failure, UsageError } from '../failure.js';
import { flag, listFlag, need } from '../flags.js';
import { liveLog } from '../live-log.js';
import { headersFrom, settingsFrom } from '../pairs.js';
import type { Page, Subscription } from '../resources.js';
import { attemptsOf } from '../schedule.js';
import type { Shell } from '../shell.js';
import { type Bench, verb } from '../verb.js';
import { type StartFlags, startFlags, variablesOf } from './start.js';
import { urlFrom } from './subscriptions.js';

interface DevFlags extends StartFlags {
  provider?: string;
  to?: string;
  secret?: string;
  preset?: string[];
  setting?: string[];
  header?: string[];
}

export function devVerb(program: Command, bench: Bench): void {
  verb<DevFlags>(
    program,
    bench,
    {
      usage: 'dev',
      summary:
        'A server, one subscription and a live log, until Ctrl-C; joins the server of ./.ringer where one runs',
      offline: true,
      flags: [
        flag('--provider <provider>', 'whose events'),
        flag('--to <url>', 'where they go; receiver: the built-in one'),
        flag('--secret <secret>', 'what they are signed with; made where the provider needs one'),
        listFlag('--preset <name>', 'another reading of the provider, by name'),
        listFlag('--setting <name=value>', 'one setting of its requests'),
        listFlag('--header <name=value>', 'one more header on every attempt'),
        ...startFlags(),
      ],
      examples: [
        'dev --provider noyo --to http://localhost:3000/hook',
        'dev --provider noyo --to receiver --json',
      ],
    },
    async ({ flags, shell, json }) => {
      const provider = need(flags.provider, '--provider');
      const to = need(flags.to, '--to');
      const stopped = shell.stopped();
      const { connection, stop } = await serverFor(flags, shell);
      try {
        const api = createApi(connection, shell);
        const { subscription, mine } = await subscribe(api, { provider, to, flags });
        if (subscription.secret !== undefined) shell.say(`secret    ${subscription.secret}`);
        const of = await attemptsOf(api, subscription.id);
        const log = liveLog({
          shell,
          json,
          of,
          subscriptionId: subscription.id,
          clock: await api.get('~/clock'),
        });
        const { ended } = await api.follow(log, stopped);
        const { events } = await api.get<{ events: { type: string }[] }>(
          `/providers/${subscription.provider}`,
        );
        shell.say(
          `ringer ready on ${connection.url}, sending ${subscription.provider} to ${subscription.url}`,
        );
        shell.say(
          `next      ${ownCommand(shell.env)} trigger ${events[0]?.type} --provider ${subscription.provider}`,
        );
        await ended;
        if (!stopped.aborted) throw new Failure(`The server at ${connection.url} went away.`);
        if (mine) await api.send('DELETE', `~/subscriptions/${subscription.id}`);
      } finally {
        await stop();
      }
      return undefined;
    },
  );
}

/** The server that runs here already, else one of our own for as long as this goes on. */
async function serverFor(
  flags: DevFlags,
  shell: Shell,
): Promise<{ connection: Connection; stop(): Promise<void> }> {
  const { dataDir } = flags;
  if (dataDir !== 'memory:') {
    const running = await connect(dataDir === undefined ? {} : { dataDir }, shell).catch(() => null);
    if (running) return { connection: running, stop: async () => {} };
  }
  if (flags.databaseUrl)
    throw new UsageError(
      'dev needs the embedded database; with DATABASE_URL use ringer start and ringer subscriptions add.',
    );
  const given = Object.entries(variablesOf(flags)).filter(([, value]) => value !== undefined);
  const server = await startServer({
    flags: Object.fromEntries(given),
    env: shell.env,
    say: shell.say,
  });
  invariant(server.tenant, 'the embedded database has a tenant of its own');
  const { key, slug } = server.tenant;
  return { connection: { url: server.url, key, tenant: slug }, stop: () => server.stop() };
}

/** One that goes there already is used as it is, apart from what was said now; one made here goes with the command. */
async function subscribe(
  api: Api,
  { provider, to, flags }: { provider: string; to: string; flags: DevFlags },
): Promise<{ subscription: Subscription; mine: boolean }> {
  const shape = {
    url: await urlFrom(to, api),
    secret: flags.secret,
    presets: flags.preset,
    headers: headersFrom(flags.header),
    settings: settingsFrom(flags.setting),
  };
  const { data } = await api.get<Page<Subscription>>('~/subscriptions', { provider, limit: 200 });
  const same = data.find(({ url }) => URL.canParse(shape.url) && url === new URL(shape.url).href);
  if (!same)
    return { subscription: await api.send('POST', '~/subscriptions', { provider, ...shape }), mine: true };
  return { subscription: await api.send('PATCH', `~/subscriptions/${same.id}`, shape), mine: false };
}
