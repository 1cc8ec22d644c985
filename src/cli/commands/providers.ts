import type { Command } from 'commander';
import { providers } from '../../index.js';
import type { Api } from '../api.js';
import { Failure, UsageError } from '../failure.js';
import { flag, listFlag } from '../flags.js';
import { settingsFrom } from '../pairs.js';
import { chosenText, exampleText, offeredEvents, overOf, providerText } from '../provider-text.js';
import type { Page, Profile, ProviderSettings } from '../resources.js';
import { table } from '../table.js';
import { type Bench, type Call, group, verb } from '../verb.js';

export function providerVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'providers', 'Whom Ringer can stand in for');
  verb(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them',
      isDefault: true,
      examples: ['providers', 'providers show noyo'],
    },
    async (call) => {
      const page = { data: (await known(call)).profiles, nextCursor: null };
      call.show(page, () =>
        table([
          ['PROVIDER', 'EVENTS', 'ATTEMPTS', 'OVER', 'NAME'],
          ...page.data.map((p) => [
            p.id,
            offeredEvents(p).length,
            p.retryDelaysMs.length + 1,
            overOf(p),
            p.name,
          ]),
        ]),
      );
      return undefined;
    },
  );
  verb<{ type?: string }>(
    of,
    bench,
    {
      usage: 'show <provider>',
      summary: 'Events, signature, schedule and other readings of one, and what is set in the tenant',
      flags: [flag('--type <type>', 'one event with an example of its body')],
      examples: [
        'providers show noyo',
        'providers show noyo --type difference.created',
        'providers show noyo --json',
      ],
    },
    async (call) => {
      const { profiles: all, api } = await known(call);
      const profile = all.find(({ id }) => id === call.args[0]);
      if (!profile) {
        throw new UsageError(
          `Unknown provider "${call.args[0]}"; there are: ${all.map(({ id }) => id).join(', ')}.`,
        );
      }
      const { type } = call.flags;
      if (type === undefined) {
        const inTenant = await settingsIn(api, profile.id);
        call.show({ ...profile, inTenant }, () => providerText(profile, inTenant));
      } else {
        const event = eventOf(profile, type);
        call.show(event, () => exampleText(event));
      }
      return undefined;
    },
  );
  verb<{ preset?: string[]; setting?: string[] }>(
    of,
    bench,
    {
      usage: 'set <provider>',
      summary: 'Choose what shapes its bodies in the tenant; what is left out goes back to its default',
      flags: [
        listFlag('--preset <name>', 'another reading of its bodies, by name'),
        listFlag('--setting <name=value>', 'one setting of its bodies'),
      ],
      examples: [
        'providers set voyado --setting tenantName=acme --preset sortedKeys',
        'providers set voyado',
      ],
    },
    async ({ id, flags: { preset, setting }, api, show }) => {
      const body = { presets: preset ?? [], settings: settingsFrom(setting) ?? {} };
      const set = await (await api()).send<ProviderSettings>('PUT', `~/providers/${id}`, body);
      show(set, () => `${set.provider}: ${chosenText({ presets: set.presets, settings: body.settings })}`);
      return undefined;
    },
  );
}

/** The server's, where there is one; else this version's own. */
async function known({
  api: connected,
  flags,
  shell,
}: Call<object>): Promise<{ profiles: readonly Profile[]; api: Api | null }> {
  try {
    const api = await connected();
    return { profiles: (await api.get<Page<Profile>>('/providers', { limit: 200 })).data, api };
  } catch (error) {
    if (
      ('url' in flags && flags.url !== undefined) ||
      !(error instanceof Failure || error instanceof UsageError)
    )
      throw error;
    shell.say('no server is known here; these are the providers of this version');
    return { profiles: (await providers()) as readonly Profile[], api: null };
  }
}

/** Null without a server, and for a key that is of no tenant of this name. */
async function settingsIn(api: Api | null, provider: string): Promise<ProviderSettings | null> {
  return api?.get<ProviderSettings>(`~/providers/${provider}`).catch(() => null) ?? null;
}

function eventOf({ events, id }: Profile, type: string): Profile['events'][number] {
  const event = events.find((e) => e.type === type);
  if (event) return event;
  throw new UsageError(
    `Unknown event "${type}" of ${id}; there are: ${events.map((e) => e.type).join(', ')}.`,
  );
}
