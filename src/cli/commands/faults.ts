import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import { setAt } from '../pairs.js';
import type { Challenge, Fault, Page, ProvedTarget } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

export function faultVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'faults', 'What the sender does wrong on purpose');
  verb<ListFlags>(
    of,
    bench,
    { usage: 'list', summary: 'List them, newest first', isDefault: true, flags: listFlags() },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Fault>>('~/faults', pageQuery(flags));
      showPage(shell, show, page, (rows) => tableOf(rows));
      return undefined;
    },
  );
  verb<{ subscription?: string }>(
    of,
    bench,
    {
      usage: 'add <type> [key=value...]',
      summary: 'Misbehave: what it takes and when it strikes as key=value, in JSON or as text',
      flags: [flag('--subscription <id>', 'only there; else in the whole tenant')],
      examples: [
        'faults add ack_lost first=1',
        'faults add late by=26h every=3',
        'faults add duplicate_concurrent n=3 match.event=order:*',
        'faults add bad_signature on=[1] --subscription sub_…',
      ],
    },
    async ({ args, flags: { subscription }, api, show }) => {
      const [type, ...pairs] = pairsOf(args);
      const body: Record<string, unknown> = { type };
      for (const pair of pairs) setAt(body, pair, 'faults add');
      const made = await (await api()).send<Fault>('POST', '~/faults', {
        ...body,
        ...(subscription === undefined ? {} : { subscriptionId: subscription }),
      });
      show(made, () => tableOf([made]));
      return undefined;
    },
  );
  verb(of, bench, { usage: 'show <id>', summary: 'One of them' }, async ({ id, api, show }) => {
    const found = await (await api()).get<Fault>(`~/faults/${id}`);
    show(found, () => tableOf([found]));
    return undefined;
  });
  verb(of, bench, { usage: 'remove <id>', summary: 'Remove one' }, async ({ id, api, show }) => {
    await (await api()).send('DELETE', `~/faults/${id}`);
    show({ id, removed: true }, () => `${id} is gone`);
    return undefined;
  });
  verb(of, bench, { usage: 'reset', summary: 'Behave again: remove all of them' }, async ({ api, show }) => {
    await (await api()).send('DELETE', '~/faults');
    show({ reset: true }, () => 'no faults any more');
    return undefined;
  });
  verb(
    of,
    bench,
    {
      usage: 'challenge [url]',
      summary:
        'What a target beyond loopback must answer for hostile and broken faults; with its URL, ask it',
      examples: ['faults challenge', 'faults challenge https://staging.example.com/hook'],
    },
    async ({ args: [url], api: connected, show }) => {
      const api = await connected();
      if (url === undefined) {
        const challenge = await api.get<Challenge>('~/challenge');
        show(challenge, () => `GET ${challenge.path} must answer\n${challenge.token}`);
      } else {
        const proved = await api.send<ProvedTarget>('POST', '~/challenge', { url });
        show(proved, () => `${proved.origin} belongs to this tenant until ${proved.endsAt}`);
      }
      return undefined;
    },
  );
}

function pairsOf(args: readonly unknown[]): string[] {
  const words = args.flat().map(String);
  const stray = words.slice(1).find((word) => !word.includes('='));
  if (stray !== undefined) throw new UsageError(`"${stray}" is no key=value, such as by=26h.`);
  return words;
}

function tableOf(rows: readonly Fault[]): string {
  return table([
    ['ID', 'TYPE', 'CLASS', 'WHERE', 'WHEN', 'PARAMETERS', 'TURNS'],
    ...rows.map((fault) => [
      fault.id,
      fault.type,
      fault.class,
      fault.subscriptionId ?? fault.eventId ?? 'tenant',
      whenOf(fault),
      Object.entries(fault.params)
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' '),
      String(fault.turns),
    ]),
  ]);
}

function whenOf({ first, every, on, probability }: Fault): string {
  const turns =
    first !== null
      ? `first ${first}`
      : every !== null
        ? `every ${every}`
        : on !== null
          ? `attempt ${on.join(',')}`
          : 'always';
  return probability < 1 ? `${turns}, p=${probability}` : turns;
}
