import type { Json } from '../lib/merge-patch.js';
import type { CheckEvent } from './event.js';
import type { LifePlan } from './lives.js';
import { type Names, namesOf, renamed } from './renaming.js';
import { deltaOf, type Fact, sayFacts } from './snapshot-delta.js';
import { withoutInstants } from './without-instants.js';

/** What the consumer's business state is, read from outside. */
export type ReadSnapshot = () => Promise<Json>;

/** The state of the consumer, and whether a way of sending leaves another one than the plain way does. */
export interface Effects {
  /** The state, once it moves no more. */
  settled(): Promise<Json>;
  /** What changed since, said for people; null: nothing. */
  changeSince(before: Json): Promise<string | null>;
  /** Lives of which the consumer's state tells anything when they are told plainly. */
  plans(): Promise<readonly LifePlan[]>;
  /** Why there are no plans, as far as that is a fault of the consumer: one telling undoes the next. Null: it is none. */
  unsteady(): Promise<string | null>;
  /**
   * Tells a fresh twin of the life in another way, and compares what came of it with what comes of the plain way: each
   * event once and in order.
   */
  compare(plan: LifePlan, tell: Tell, options?: CompareOptions): Promise<Compared>;
  /** What comes of the plain way. */
  plain(plan: LifePlan, wanted?: readonly number[]): Promise<readonly Fact[]>;
  /** Of lives that are told side by side, one whose effect is not there, said for people; null: all are. */
  missing(
    plan: LifePlan,
    lives: readonly CheckEvent[][],
    tell: () => Promise<unknown>,
  ): Promise<string | null>;
  /** What comes of any way of telling. */
  of(plan: LifePlan, tell: Tell): Promise<readonly Fact[]>;
}

/** @param events all of the life, in order. */
export type Tell = (events: readonly CheckEvent[]) => Promise<unknown>;

export interface CompareOptions {
  /** Places of the events that are told; default: all. */
  wanted?: readonly number[];
  /** How long a wrong state may become right, milliseconds. */
  patienceMs?: number;
}

export interface Compared {
  same: boolean;
  /** What differs, said for people; empty where nothing does. */
  difference: string;
}

export interface EffectsOptions {
  read: ReadSnapshot;
  /** Sends each once and in order. */
  tellPlainly: Tell;
  plans: readonly LifePlan[];
  /** How many requests were sent so far, by anybody of the run. */
  sent(): number;
  /** Real milliseconds. */
  pause(ms: number): Promise<void>;
  monotonic(): number;
  /** Wall time, for values that say when the consumer worked. */
  wall(): number;
}

/** Two readings so far apart that are the same count as settled, milliseconds; a consumer that works late gets more. */
const QUIET_MS = 15;
/** How long a state may move at most, and how long a wrong one may become right, milliseconds. */
const MOST_MS = 5_000;
const PATIENCE_MS = 700;
/** Longer than any window in which duplicates are thrown together, milliseconds. */
const GENTLE_MS = 600;

export function createEffects({
  read,
  tellPlainly,
  plans,
  sent,
  pause,
  monotonic,
  wall,
}: EffectsOptions): Effects {
  const startedMs = wall();
  const known = new Map<string, Promise<readonly Fact[]>>();
  /** Where two plain tellings differ, or the state moves by itself. */
  const volatile = new Set<string>();
  let quietMs = QUIET_MS;
  let twins = 0;
  let standing: { upTo: number; snapshot: Json } | null = null;
  let found: Promise<{ plans: readonly LifePlan[]; unsteady: string | null }> | null = null;
  /** Before each event that is told plainly; only for a consumer that loses what comes quickly, milliseconds. */
  let gentleMs = 0;

  const factsBetween = (before: Json, after: Json, names: Names = []): Fact[] => {
    const clean = (snapshot: Json) =>
      withoutInstants(renamed(snapshot, names), { fromMs: startedMs - 2_000, untilMs: wall() + 2_000 });
    return deltaOf(clean(before), clean(after)).map(({ path, change }) => ({
      path,
      change: volatile.has(path) ? 'something' : change,
    }));
  };

  /** Reads until two readings agree; what was read since the last request still holds. */
  const settled = async (): Promise<Json> => {
    const upTo = sent();
    if (standing?.upTo === upTo) return standing.snapshot;
    const snapshot = await settle();
    standing = { upTo, snapshot };
    return snapshot;
  };

  const settle = async (): Promise<Json> => {
    const endMs = monotonic() + MOST_MS;
    for (let last = await read(); ; ) {
      await pause(quietMs);
      const next = await read();
      if (factsBetween(last, next).length === 0 || monotonic() > endMs) return next;
      last = next;
    }
  };

  const fresh = (plan: LifePlan) => {
    twins += 1;
    const events = plan.tell(`twin ${twins}`);
    return { events, names: namesOf(events, plan.tell('other')) };
  };

  const of = async (plan: LifePlan, tell: Tell): Promise<readonly Fact[]> => {
    const { events, names } = fresh(plan);
    const before = await settled();
    await tell(events);
    return factsBetween(before, await settled(), names);
  };

  const plain = (plan: LifePlan, wanted: readonly number[] = plan.types.map((_, i) => i)) => {
    const key = `${plan.kind} ${wanted.join()}`;
    const facts = known.get(key) ?? of(plan, (events) => gently(wanted.map((i) => events[i]!)));
    known.set(key, facts);
    return facts;
  };

  const gently: Tell = async (events) => {
    for (const event of events) {
      await pause(gentleMs);
      await tellPlainly([event]);
    }
  };

  /** Tells it twice: whether its effects show, and what of them is never the same. Also learns how late the consumer works. */
  const tryOut = async (plan: LifePlan): Promise<'shows' | 'nothing' | { unsteady: string }> => {
    const { events, names } = fresh(plan);
    const before = await settled();
    await gently(events);
    const toldMs = monotonic();
    const at = await read();
    const after = await settled();
    if (factsBetween(at, after).length > 0)
      quietMs = Math.min(500, Math.max(quietMs, 2 * (monotonic() - toldMs)));
    const one = factsBetween(before, after, names);
    if (one.length === 0) return 'nothing';
    const two = await of(plan, gently);
    if (sayDifference(one, two) === '') return 'shows';
    for (const path of restless(one, two)) volatile.add(path);
    const masked = one.map((fact) => (volatile.has(fact.path) ? { ...fact, change: 'something' } : fact));
    const difference = sayDifference(masked, await of(plan, gently));
    return difference === '' ? 'shows' : { unsteady: difference };
  };

  const lookForPlans = async () => {
    const still = await read();
    await pause(QUIET_MS);
    for (const { path } of factsBetween(still, await read())) volatile.add(path);
    const shown: LifePlan[] = [];
    let unsteady: string | null = null;
    for (const plan of plans) {
      const outcome = await tryOut(plan);
      if (outcome === 'shows') shown.push(plan);
      else if (outcome !== 'nothing') unsteady ??= `${plan.kind}: ${outcome.unsteady}`;
    }
    return { plans: shown, unsteady };
  };

  /** What shows of nothing told quickly may show of single events with time between. */
  const lookAgain = async () => {
    const quick = await lookForPlans();
    if (quick.plans.length > 0 || quick.unsteady !== null) return quick;
    gentleMs = GENTLE_MS;
    for (const plan of plans.map(firstOf))
      if ((await tryOut(plan)) === 'shows') return { plans: [plan], unsteady: null };
    return quick;
  };

  const look = () => {
    found ??= lookAgain();
    return found;
  };

  return {
    settled,
    async changeSince(before) {
      const facts = factsBetween(before, await settled());
      return facts.length === 0 ? null : sayFacts(facts);
    },
    plans: async () => (await look()).plans,
    unsteady: async () => (await look()).unsteady,
    async compare(plan, tell, { wanted, patienceMs = PATIENCE_MS } = {}) {
      const expected = await plain(plan, wanted);
      const { events, names } = fresh(plan);
      await pause(gentleMs);
      const before = await settled();
      await tell(events);
      const endMs = monotonic() + Math.max(patienceMs, 3 * quietMs);
      for (;;) {
        standing = null;
        const got = factsBetween(before, await settled(), names);
        const difference = sayDifference(expected, got);
        if (difference === '' || monotonic() > endMs) return { same: difference === '', difference };
        await pause(quietMs);
      }
    },
    plain,
    of,
    async missing(plan, lives, tell) {
      // First, for it is told for it, and would be counted with the others.
      const expected = await plain(
        plan,
        lives[0]!.map((_, i) => i),
      );
      const before = await settled();
      await tell();
      const endMs = monotonic() + Math.max(PATIENCE_MS, 3 * quietMs);
      for (;;) {
        standing = null;
        const after = await settled();
        const lost = missingFrom(
          expected,
          lives.map((events) => factsBetween(before, after, namesIn(plan, events))),
        );
        if (lost === null || monotonic() > endMs) return lost;
        await pause(quietMs);
      }
    },
  };
}

function namesIn(plan: LifePlan, events: readonly CheckEvent[]): Names {
  return namesOf(events, plan.tell('other').slice(0, events.length));
}

/** @param expected what one life makes of itself. @param found for each life, with its own ids named, what became of all. */
function missingFrom(expected: readonly Fact[], found: readonly (readonly Fact[])[]): string | null {
  const own = expected.filter(({ path, change }) => `${path}${change}`.includes('‹'));
  const has = (facts: readonly Fact[], { path, change }: Fact) =>
    facts.some((fact) => fact.path === path && fact.change === change);
  const lost = found.filter((facts) => !own.every((fact) => has(facts, fact))).length;
  if (lost > 0)
    return `${lost} of ${found.length} events have not the effect they have alone (${sayFacts(own)}).`;
  const sums = expected.filter((fact) => !own.includes(fact) && Number.isFinite(Number(fact.change)));
  for (const { path, change } of sums) {
    const sum = Number(found[0]!.find((fact) => fact.path === path)?.change ?? 0);
    const wanted = Number(change) * found.length;
    if (Math.abs(sum - wanted) > 1e-6)
      return `${path} moved by ${sum}, where ${found.length} events make ${wanted}.`;
  }
  return null;
}

function firstOf(plan: LifePlan): LifePlan {
  return { ...plan, types: plan.types.slice(0, 1), tell: (twin) => plan.tell(twin).slice(0, 1) };
}

/** Paths at which two tellings of the same both say something, and not the same. */
function restless(one: readonly Fact[], two: readonly Fact[]): string[] {
  const at = (facts: readonly Fact[], path: string) =>
    facts.filter((fact) => fact.path === path).map(({ change }) => change);
  return [...new Set(one.map(({ path }) => path))].filter((path) => {
    const [first, second] = [at(one, path), at(two, path)];
    return first.length === second.length && first.join('\n') !== second.join('\n');
  });
}

function sayDifference(expected: readonly Fact[], got: readonly Fact[]): string {
  const left = [...got];
  const missing = expected.filter((fact) => {
    const at = left.findIndex(({ path, change }) => path === fact.path && change === fact.change);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const parts = [
    ...(missing.length > 0 ? [`In order: ${sayFacts(missing)}`] : []),
    ...(left.length > 0 ? [`This time: ${sayFacts(left)}`] : []),
  ];
  return parts.join('. ');
}
