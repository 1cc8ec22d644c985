import type { Command } from 'commander';
import { formatDuration } from '../../lib/duration.js';
import { flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import type { Page, Secret } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

export function secretVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'secrets', 'What a subscription’s events are signed with');
  verb<{ secret?: string; overlap?: string; name?: string }>(
    of,
    bench,
    {
      usage: 'rotate <subscription>',
      summary: 'A new secret; where the scheme carries a list both sign until the overlap ends',
      flags: [
        flag('--secret <secret>', 'the new one; made when left out'),
        flag('--overlap <duration>', 'how long the old one signs too, such as 24h'),
        flag('--name <name>', 'a word to know it by'),
      ],
      examples: ['secrets rotate sub_…', 'secrets rotate sub_… --overlap 24h'],
    },
    async ({ id, flags: { secret, overlap, name }, api: connected, shell, json, show }) => {
      const api = await connected();
      const made = await api.send<Secret>('POST', `~/subscriptions/${id}/secrets`, {
        secret,
        overlap,
        name,
      });
      show(made, () => made.secret ?? made.id);
      if (made.secret !== undefined) shell.say('it is shown this once');
      if (json) return undefined;
      // The rotation is done whatever this answers.
      const { data } = await api
        .get<Page<Secret>>(`~/subscriptions/${id}/secrets`, { limit: 2 })
        .catch((): Page<Secret> => ({ data: [], nextCursor: null }));
      const old = data.find((one) => one.id !== made.id);
      if (old?.expiresAt) shell.say(untilWhen(old.expiresAt, made.createdAt));
      return undefined;
    },
  );
  verb<ListFlags>(
    of,
    bench,
    {
      usage: 'list <subscription>',
      summary: 'List them, newest first, without their values',
      flags: listFlags(),
    },
    async ({ id, flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Secret>>(`~/subscriptions/${id}/secrets`, pageQuery(flags));
      showPage(shell, show, page, (rows) =>
        table([
          ['ID', 'NAME', 'CREATED', 'EXPIRES'],
          ...rows.map((s) => [s.id, s.name, s.createdAt, s.expiresAt]),
        ]),
      );
      return undefined;
    },
  );
}

function untilWhen(endsAt: string, sinceAt: string): string {
  const overlapMs = Date.parse(endsAt) - Date.parse(sinceAt);
  return overlapMs > 0
    ? `the old one signs too until ${endsAt} (${formatDuration(overlapMs)})`
    : 'the old one signs no more';
}
