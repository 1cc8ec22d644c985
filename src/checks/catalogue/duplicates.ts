import { meetTogether } from '../../engine/egress/together.js';
import { ackLost } from '../../engine/faults/legal/ack-lost.js';
import { replayByOperator } from '../../engine/faults/legal/replay-by-operator.js';
import { formatDuration } from '../../lib/duration.js';
import { retryDelays } from '../../providers/retry/delays.js';
import { type Ask, type Bench, twist } from '../bench.js';
import type { Check, Finding, Shot } from '../contract.js';
import type { CheckEvent } from '../event.js';
import { allAccepted, applies, failed, passed, skipped, weakness } from '../finding.js';
import { accepted, putOff } from '../shot.js';
import { nothingShows, shownPlan } from '../shown-plan.js';
import { sources } from '../sources.js';

const again = {
  level: 1,
  severity: 'must',
  source: sources.standardWebhooks,
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
} as const;

interface OneEffect {
  cause: string;
  rounds?: number;
  /** Those whose answer has to be 2xx; default: all. */
  judged?: (shots: readonly Shot[]) => readonly Shot[];
}

/** Where one of them is taken, others may be put off, for the provider comes again. */
function notPutOff(shots: readonly Shot[]): readonly Shot[] {
  return shots.some(accepted) ? shots.filter((shot) => !putOff(shot)) : shots;
}

/** Sends one event in this way; every answer has to be 2xx, and the effect that of the event sent once. */
async function oneEffect(
  bench: Bench,
  send: (event: CheckEvent) => Promise<readonly Shot[]>,
  { cause, rounds = 1, judged = (shots) => shots }: OneEffect,
): Promise<Finding> {
  const plan = await shownPlan(bench);
  if (plan === null) return nothingShows(bench);
  const shots: Shot[] = [];
  for (let round = 0; round < rounds; round++) {
    const mine: Shot[] = [];
    const { same, difference } = await bench.effects!.compare(
      plan,
      async ([event]) => {
        mine.push(...(await send(event!)));
      },
      { wanted: [0] },
    );
    shots.push(...mine);
    const answers = allAccepted(
      judged(mine),
      'The consumer tells the duplicate by an error. It has the event: answer 2xx, or the provider goes on sending it, and may switch the subscription off.',
    );
    if (answers.verdict === 'fail') return answers;
    if (!same) return failed(`More or other effects than the event sent once. ${difference}`, cause, mine);
  }
  return passed(`${shots.length} requests, the effect of one event each.`, shots);
}

const twice: Check = {
  ...again,
  id: 'DUP-01',
  title: 'The same event twice has one effect',
  sends: 'One event twice, a second apart, each with a fresh timestamp.',
  expects: '2xx to both, one effect.',
  ask: (bench) =>
    oneEffect(
      bench,
      async (event) => {
        const first = await bench.send(event, { label: 'the first time' });
        return [
          first,
          await bench.send(event, { label: 'again, a second later', attempt: 2, agedMs: -1_000 }),
        ];
      },
      {
        cause:
          'The event’s id is not remembered, or something that changes with each attempt is (timestamp, signature, delivery id). Providers deliver at least once: keep the id in the same transaction as the effect, under a unique constraint.',
      },
    ),
};

const atOnce: Check = {
  ...again,
  id: 'DUP-02',
  title: 'The same event three times at once has one effect',
  sends: 'One event three times concurrently; a few such rounds.',
  expects: 'One effect, no 5xx.',
  ask: (bench) =>
    oneEffect(
      bench,
      (event) =>
        Promise.all(
          meetTogether(3).map((together, i) =>
            bench.send(event, { label: `at the same moment, ${i + 1} of 3`, attempt: i + 1, together }),
          ),
        ),
      {
        rounds: bench.pace.slow ? 1 : 5,
        judged: notPutOff,
        cause:
          'It is looked up whether the id is known, and marked later: two that come at once both find nothing. Insert the id under a unique constraint first, and let the insert decide.',
      },
    ),
};

const lostAnswer: Check = {
  ...again,
  id: 'DUP-03',
  title: 'A retry after a lost answer has no second effect',
  sends: 'One event whose answer is thrown away, then the retry of it.',
  expects: '2xx to the retry, one effect.',
  ask: (bench) =>
    oneEffect(
      bench,
      async (event) => {
        const lost: Ask = { label: 'the answer is lost', twists: [twist(ackLost)] };
        const first = await bench.send(event, lost);
        return [first, await bench.send(event, { label: 'the retry', attempt: 2, agedMs: -1_000 })];
      },
      {
        cause:
          'The id is remembered only while the event is worked on (a lock), or not at all. What was done must be remembered after the answer is gone.',
      },
    ),
};

/** From the first attempt to the last, milliseconds; 26 h where the schedule is shorter: providers are resumed by hand. */
function spanOf({ lane }: Pick<Bench, 'lane'>): number {
  const { retry } = lane.policies;
  const delays = retryDelays(retry);
  const span =
    retry.anchor === 'first' ? (delays.at(-1) ?? 0) : delays.reduce((sum, delay) => sum + delay, 0);
  return Math.max(span, 26 * 3_600_000);
}

const late: Check = {
  ...again,
  id: 'DUP-04',
  title: 'The last retry, a day or more later, has no second effect',
  sends:
    'One event, and again at the end of the provider’s schedule (26 h at least) on the consumer’s clock.',
  expects: 'One effect: what was seen is remembered at least that long.',
  async ask(bench) {
    const move = bench.moveClock;
    if (move === null)
      return skipped(
        'Not observable without the clock bridge: how long a consumer remembers shows only when its clock moves.',
      );
    const spanMs = spanOf(bench);
    const startMs = bench.clock.now();
    try {
      return await oneEffect(
        bench,
        async (event) => {
          const first = await bench.send(event, { label: 'the first time' });
          await move(startMs + spanMs);
          const label = `again, ${formatDuration(spanMs)} later`;
          const last = await bench.send(event, { label, attempt: 2, agedMs: -spanMs });
          await move(bench.clock.now());
          return [first, last];
        },
        {
          cause: `Ids are forgotten too early (five minutes are common). Keep them for longer than the provider retries: ${formatDuration(spanMs)} here.`,
        },
      );
    } finally {
      await move(bench.clock.now());
    }
  },
};

const sameWords: Check = {
  ...again,
  id: 'DUP-05',
  title: 'Two events that say the same have two effects',
  sends: 'Two events with different ids and otherwise identical bodies.',
  expects: 'Two effects: an event is known by its id, not by its content.',
  notFor: ({ profile }) =>
    profile.eventId.value.kind === 'none'
      ? weakness(
          `The events of ${profile.name} have no id, so two that say the same cannot be told from one sent twice.`,
        )
      : null,
  async ask(bench) {
    const { effects } = bench;
    const plan = await shownPlan(bench);
    if (plan === null) return nothingShows(bench);
    const shots: Shot[] = [];
    const tell = (events: readonly CheckEvent[]) => async () => {
      for (const event of events)
        shots.push(await bench.send(event, { label: 'the same content, another id' }));
    };
    let pair: CheckEvent[] = [];
    const two = await effects!.of(plan, async ([event]) => {
      pair = [event!, sibling(bench, event!)];
      await tell(pair)();
    });
    if (!shots.every(accepted))
      return allAccepted(shots, 'The second is refused as a duplicate. Its id is another.');
    const one = await effects!.plain(plan, [0]);
    const text = (facts: typeof one) => facts.map(({ path, change }) => `${path} ${change}`).join('\n');
    if (text(one) !== text(two)) return passed('The second event had an effect of its own.', shots);
    // A state that counts no events shows no second effect of any consumer.
    const counts = await countsEvents(bench, plan, one);
    return counts
      ? failed(
          'The second event had no effect.',
          'Duplicates are told by a hash of the content. Two events may say the same (two equal purchases): go by the id of the event.',
          shots,
        )
      : skipped(
          'The snapshot shows states and counts no events, so a second equal event cannot be seen in it.',
        );
  },
};

/** The same content under another id. */
function sibling(bench: Bench, event: CheckEvent): CheckEvent {
  const other = bench.sample();
  const rule = bench.lane.profile.eventId.value;
  if (rule.kind !== 'body' || event.providerEventId === null || other.providerEventId === null)
    return { ...event, providerEventId: other.providerEventId, deliveryId: other.deliveryId };
  const text = Buffer.from(event.body)
    .toString('utf8')
    .replaceAll(event.providerEventId, other.providerEventId);
  return {
    ...event,
    body: Buffer.from(text),
    json: JSON.parse(text) as CheckEvent['json'],
    providerEventId: other.providerEventId,
    deliveryId: other.deliveryId,
  };
}

/** Whether a second event about the same thing makes a number larger that the first made, too. */
async function countsEvents(
  { effects }: Bench,
  plan: Parameters<NonNullable<Bench['effects']>['plain']>[0],
  one: Awaited<ReturnType<NonNullable<Bench['effects']>['plain']>>,
): Promise<boolean> {
  if (plan.types.length < 2) return false;
  const two = await effects!.plain(plan, [0, 1]);
  return one.some(({ path, change }) => {
    const first = Number(change);
    const second = Number(two.find((fact) => fact.path === path)?.change);
    return Number.isFinite(first) && Number.isFinite(second) && second > first;
  });
}

const operator: Check = {
  ...again,
  id: 'DUP-06',
  title: 'A resend by hand of a delivered event has no new effect',
  source: sources.githubTen,
  sends: 'A delivered event once more, as an operator’s resend.',
  expects: '2xx, no new effect.',
  ask: (bench) =>
    oneEffect(
      bench,
      async (event) => {
        const first = await bench.send(event, { label: 'the delivery' });
        const resend: Ask = { label: 'resent by hand', twists: [twist(replayByOperator)], attempt: 2 };
        return [first, await bench.send(event, { ...resend, agedMs: -2_000 })];
      },
      { cause: 'A resend has the same id. Remember ids beyond the first success.' },
    ),
};

export const duplicates: readonly Check[] = [twice, atOnce, lostAnswer, late, sameWords, operator];
