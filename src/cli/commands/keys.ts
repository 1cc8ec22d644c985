import type { Command } from 'commander';
import { flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import type { Key, Page } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

export function keyVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'keys', 'A tenant’s keys; the operator’s');
  const operator = true;
  verb<ListFlags>(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them, newest first, without their values',
      isDefault: true,
      operator,
      flags: listFlags(),
    },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Key>>('~/keys', pageQuery(flags));
      showPage(shell, show, page, (rows) =>
        table([['ID', 'NAME', 'SCOPE', 'CREATED'], ...rows.map((k) => [k.id, k.name, k.scope, k.createdAt])]),
      );
      return undefined;
    },
  );
  verb<{ scope?: string; name?: string }>(
    of,
    bench,
    {
      usage: 'create',
      summary: 'Make one',
      operator,
      flags: [
        flag('--scope <scope>', 'write or read; default: write'),
        flag('--name <name>', 'a word to know it by'),
      ],
      examples: ['keys create --tenant billing --scope read'],
    },
    async ({ flags: { scope, name }, api, shell, show }) => {
      const made = await (await api()).send<Key>('POST', '~/keys', { scope, name });
      show(made, () => made.key ?? made.id);
      shell.say('it is shown this once');
      return undefined;
    },
  );
  verb(
    of,
    bench,
    { usage: 'revoke <id>', summary: 'It opens nothing any more', operator },
    async ({ id, api, show }) => {
      await (await api()).send('DELETE', `~/keys/${id}`);
      show({ id, revoked: true }, () => `${id} is revoked`);
      return undefined;
    },
  );
}
