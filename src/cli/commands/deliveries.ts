import type { Command } from 'commander';
import { faultSummaries } from '../../index.js';
import { type Flag, flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import { answerLine, bodyLines, sentLine } from '../log-lines.js';
import type { Attempt, Delivery, Page } from '../resources.js';
import { attemptsOf } from '../schedule.js';
import type { Colours } from '../shell.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

interface Filter {
  status?: string;
  subscription?: string;
  event?: string;
  provider?: string;
  type?: string;
  since?: string;
  until?: string;
}

const filterFlags = (): Flag[] => [
  flag(
    '--status <statuses>',
    'only these, comma between: pending, sending, delivered, failed, held, cancelled',
  ),
  flag('--subscription <id>', 'only to this subscription'),
  flag('--event <id>', 'only of this event'),
  flag('--provider <provider>', 'only of this provider'),
  flag('--type <type>', 'only of this event type'),
  flag('--since <instant>', 'from then on, such as 2026-01-31T08:00:00Z'),
  flag('--until <instant>', 'until then'),
];

function queryOf({ status, subscription, event, provider, type, since, until }: Filter) {
  return { status, subscriptionId: subscription, eventId: event, provider, type, since, until };
}

export function deliveryVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'deliveries', 'Events on their way to a subscription');
  verb<Filter & ListFlags>(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them, newest first',
      isDefault: true,
      flags: [...filterFlags(), ...listFlags()],
      examples: ['deliveries', 'deliveries --status failed,held', 'deliveries --event evt_… --json'],
    },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Delivery>>('~/deliveries', {
        ...queryOf(flags),
        ...pageQuery(flags),
      });
      showPage(shell, show, page, (rows) =>
        table([
          ['ID', 'STATUS', 'ATTEMPTS', 'NEXT', 'PROVIDER', 'TYPE'],
          ...rows.map((d) => [d.id, statusOf(d), d.attemptCount, d.nextAttemptAt, d.provider, d.eventType]),
        ]),
      );
      return undefined;
    },
  );
  verb(
    of,
    bench,
    { usage: 'show <id>', summary: 'One delivery with its attempts' },
    async ({ id, api: connected, shell, json, show }) => {
      const api = await connected();
      const delivery = await api.get<Delivery>(`~/deliveries/${id}`);
      const of = json ? null : await attemptsOf(api, delivery.subscriptionId);
      const faults = json ? {} : await faultSummaries();
      show(delivery, () => textOf(delivery, { of, faults, colours: shell.colours }));
      return undefined;
    },
  );
  for (const [name, summary] of Object.entries(VERBS)) {
    verb(of, bench, { usage: `${name} <id>`, summary }, async ({ id, api, show }) => {
      const delivery = await (await api()).send<Delivery>('POST', `~/deliveries/${id}/${name}`);
      show(delivery, () => `${delivery.id} ${statusOf(delivery)}`);
      return undefined;
    });
  }
  verb<Filter>(
    of,
    bench,
    {
      usage: 'export',
      summary: 'Every delivery that fits, one JSON document a line',
      flags: filterFlags(),
      examples: ['deliveries export --status failed > failed.ndjson'],
    },
    async ({ flags, api, shell }) => {
      const lines = await (await api()).stream('~/deliveries/export', queryOf(flags));
      for await (const chunk of lines) shell.raw(chunk as Buffer);
      return undefined;
    },
  );
}

const VERBS = {
  resend: 'One more attempt of a finished one: same body, same id',
  'retry-now': 'A waiting one goes now; its schedule goes on from there',
  cancel: 'Withdraw what waits or is held',
};

function statusOf({ status, reason }: Delivery): string {
  return reason === null ? status : `${status} (${reason})`;
}

interface Told {
  /** How many attempts the schedule has; null where it is not known. */
  of: number | null;
  /** What each type of fault does. */
  faults: Readonly<Record<string, string>>;
  colours: Colours;
}

function textOf(delivery: Delivery, { of, faults, colours }: Told): string {
  const { attempts = [], eventId, eventType } = delivery;
  const firstMs = Date.parse(attempts[0]?.startedAt ?? '');
  const lines = attempts.flatMap((attempt) => {
    const shown = {
      type: eventType,
      eventId,
      number: attempt.number,
      of,
      afterMs: Date.parse(attempt.startedAt) - firstMs,
      status: attempt.response?.status ?? null,
      reason: attempt.reason,
      ok: attempt.outcome === 'delivered',
      url: attempt.request.url,
      durationMs: attempt.durationMs,
      nextInMs: nextIn(attempt),
    };
    const body = attempt.response?.body ?? null;
    return [
      sentLine(shown, colours),
      ...attempt.faults.map((fault) => faultLine(fault, faults)),
      answerLine(shown, colours),
      ...bodyLines(body, colours),
    ];
  });
  const { id, subscriptionId, providerEventId: wire } = delivery;
  const head = `${id} ${statusOf(delivery)}, to ${subscriptionId}${wire === null ? '' : `, id on the wire ${wire}`}`;
  return [head, ...lines].join('\n');
}

/** What Ringer did wrong on purpose, or why it did not. */
function faultLine(
  { type, class: kind, skipped }: Attempt['faults'][number],
  summaries: Told['faults'],
): string {
  const did = skipped ? `left out: ${skipped}` : summaries[type];
  return `    fault ${type} (${kind})${did ? `: ${did}` : ''}`;
}

function nextIn({ nextAttemptAt, startedAt }: Attempt): number | null {
  return nextAttemptAt === null ? null : Date.parse(nextAttemptAt) - Date.parse(startedAt);
}
