import type { Command } from 'commander';
import { ownCommand } from '../../lib/own-command.js';
import type { Api } from '../api.js';
import { counted } from '../counted.js';
import { type Flag, flag, listFlag, need, wholeNumber } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import { eventLine } from '../log-lines.js';
import { headersFrom, settingsFrom } from '../pairs.js';
import type { Page, Published, ReceiverState, Subscription } from '../resources.js';
import { headText, wholeText } from '../subscription-text.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

interface SubscriptionFlags {
  provider?: string;
  to?: string;
  secret?: string;
  event?: string[];
  header?: string[];
  preset?: string[];
  setting?: string[];
  environment?: string;
  rateLimit?: string;
  maxInFlight?: string;
}

const shapeFlags = (): Flag[] => [
  flag('--to <url>', 'where its events go; receiver: the built-in one'),
  flag('--secret <secret>', 'what its events are signed with; made where the provider needs one'),
  listFlag('--event <type>', 'only this event, where the provider filters; all: every one'),
  listFlag('--header <name=value>', 'one more header on every attempt'),
  listFlag('--preset <name>', 'another reading of the provider, by name'),
  listFlag('--setting <name=value>', 'one setting of its requests'),
  flag('--environment <name>', 'environment whose events it gets'),
  flag('--rate-limit <n>', 'deliveries a second; none: no limit'),
  flag('--max-in-flight <n>', 'deliveries at once'),
];

export function subscriptionVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'subscriptions', 'URLs registered with a provider');
  verb<ListFlags & { provider?: string; environment?: string; status?: string }>(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them, newest first',
      isDefault: true,
      flags: [
        flag('--provider <provider>', 'only of this provider'),
        flag('--environment <name>', 'only of this environment'),
        flag('--status <status>', 'only in this status'),
        ...listFlags(),
      ],
    },
    async ({ flags, api, shell, show }) => {
      const { provider, environment, status } = flags;
      const page = await (await api()).get<Page<Subscription>>('~/subscriptions', {
        provider,
        environment,
        status,
        ...pageQuery(flags),
      });
      showPage(shell, show, page, (rows) =>
        table([['ID', 'PROVIDER', 'STATUS', 'URL'], ...rows.map((s) => [s.id, s.provider, s.status, s.url])]),
      );
      return undefined;
    },
  );
  verb<SubscriptionFlags>(
    of,
    bench,
    {
      usage: 'add',
      summary: 'Register a URL with a provider',
      flags: [flag('--provider <provider>', 'whose events'), ...shapeFlags()],
      examples: [
        'subscriptions add --provider noyo --to receiver',
        'subscriptions add --provider noyo --to http://localhost:3000/hook --secret "$SECRET"',
      ],
    },
    async ({ flags, api: connected, shell, show }) => {
      const api = await connected();
      const provider = need(flags.provider, '--provider');
      const made = await api.send<Subscription>('POST', '~/subscriptions', {
        provider,
        ...(await shapeFrom(flags, api)),
        url: await urlFrom(need(flags.to, '--to'), api),
      });
      show(made, () => headText(made));
      if (made.secret !== undefined) shell.say('its secret is shown this once');
      shell.say(`next: ${ownCommand(shell.env)} trigger ${await exampleType(api, provider)}`);
      return undefined;
    },
  );
  verb<SubscriptionFlags>(
    of,
    bench,
    {
      usage: 'update <id>',
      summary: 'Change one; URL and secret hold from the next attempt',
      flags: shapeFlags(),
    },
    async ({ id, flags, api: connected, show }) => {
      const api = await connected();
      const changed = await api.send<Subscription>(
        'PATCH',
        `~/subscriptions/${id}`,
        await shapeFrom(flags, api),
      );
      show(changed, () => wholeText(changed));
      return undefined;
    },
  );
  verb(of, bench, { usage: 'show <id>', summary: 'One of them' }, async ({ id, api, show }) => {
    const found = await (await api()).get<Subscription>(`~/subscriptions/${id}`);
    show(found, () => wholeText(found));
    return undefined;
  });
  for (const [name, { summary, active }] of Object.entries(CHANGES)) {
    verb(of, bench, { usage: `${name} <id>`, summary }, async ({ id, api: connected, show }) => {
      const api = await connected();
      const changed =
        active === undefined
          ? await api.send<Subscription>('POST', `~/subscriptions/${id}/${name}`)
          : await api.send<Subscription>('PATCH', `~/subscriptions/${id}`, { active });
      show(changed, () => wholeText(changed));
      return undefined;
    });
  }
  verb<{ type?: string; variant?: string }>(
    of,
    bench,
    {
      usage: 'test <id>',
      summary: 'Send the provider’s test event: one attempt, no retry',
      flags: [
        flag('--type <type>', 'which sample, where there is no test event'),
        flag('--variant <name>', 'which shape of it'),
      ],
    },
    async ({ id, flags: { type, variant }, api, show }) => {
      const sent = await (await api()).send<Published>('POST', `~/subscriptions/${id}/test`, {
        type,
        variant,
      });
      show(sent, () => eventLine(sent));
      return undefined;
    },
  );
  verb<{ since?: string; until?: string; status?: string }>(
    of,
    bench,
    {
      usage: 'recover <id>',
      summary: 'Send again what failed, was never attempted, or all of a range of time',
      flags: [
        flag('--since <instant>', 'from then on, such as 2026-01-31T08:00:00Z'),
        flag('--until <instant>', 'until then'),
        flag('--status <which>', 'failed, never_attempted or all; default: failed'),
      ],
    },
    async ({ id, flags, api, show }) => {
      const since = need(flags.since, '--since');
      const { until, status } = flags;
      const body = { since, until, status };
      const run = await (await api()).send<{ runId: string; count: number }>(
        'POST',
        `~/subscriptions/${id}/recover`,
        body,
      );
      show(run, () => `${counted(run.count, 'delivery')} ${run.count === 1 ? 'goes' : 'go'} out again`);
      return undefined;
    },
  );
  verb<{ since?: string }>(
    of,
    bench,
    {
      usage: 'stats <id>',
      summary: 'How its deliveries went',
      flags: [flag('--since <instant>', 'from then on')],
    },
    async ({ id, flags: { since }, api, show }) => {
      const stats = await (await api()).get<Record<string, unknown>>(`~/subscriptions/${id}/stats`, {
        since,
      });
      show(stats, () =>
        table(
          Object.entries(stats).map(([name, value]) => [
            name,
            typeof value === 'object' ? JSON.stringify(value) : String(value),
          ]),
        ),
      );
      return undefined;
    },
  );
  verb(
    of,
    bench,
    { usage: 'remove <id>', summary: 'Remove one; what is pending is cancelled' },
    async ({ id, api, show }) => {
      await (await api()).send('DELETE', `~/subscriptions/${id}`);
      show({ id, removed: true }, () => `${id} is gone`);
      return undefined;
    },
  );
}

const CHANGES: Record<string, { summary: string; active?: boolean }> = {
  pause: { summary: 'Hold everything until it is resumed' },
  resume: { summary: 'Active again; what was held goes out in order' },
  enable: { summary: 'Switch it on', active: true },
  disable: { summary: 'Switch it off, as its provider lets a consumer do', active: false },
};

async function shapeFrom(flags: SubscriptionFlags, api: Api): Promise<Record<string, unknown>> {
  const { secret, environment, event, preset } = flags;
  return {
    ...(flags.to === undefined ? {} : { url: await urlFrom(flags.to, api) }),
    secret,
    environment,
    events: event?.includes('all') ? null : event,
    presets: preset,
    headers: headersFrom(flags.header),
    settings: settingsFrom(flags.setting),
    rateLimit: flags.rateLimit === 'none' ? null : wholeNumber(flags.rateLimit, '--rate-limit'),
    maxInFlight: wholeNumber(flags.maxInFlight, '--max-in-flight'),
  };
}

/** `receiver` is the built-in one. */
export async function urlFrom(to: string, api: Api): Promise<string> {
  return to === 'receiver' ? (await api.get<ReceiverState>('~/receiver')).url : to;
}

async function exampleType(api: Api, provider: string): Promise<string> {
  const { events } = await api.get<{ events: { type: string }[] }>(`/providers/${provider}`);
  return events[0]?.type ?? '<type>';
}
