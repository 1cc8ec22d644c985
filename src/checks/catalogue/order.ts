import { seededRandom } from '../../lib/random.js';
import type { Bench } from '../bench.js';
import type { Check, Finding, Shot } from '../contract.js';
import { deliver } from '../deliver.js';
import type { CheckEvent } from '../event.js';
import { failed, notApplicable, passed, skipped, weakness } from '../finding.js';
import type { LifePlan } from '../lives.js';
import { permutations, shuffled } from '../permutations.js';
import { accepted, crashed, outcomeOf, putOff } from '../shot.js';
import { nothingShows } from '../shown-plan.js';
import { sources } from '../sources.js';

const LAST_ARRIVAL =
  'The event that arrives last wins. Keep the newer state: compare the instant in the event with the one that is kept, and let an older event change nothing (or fetch the current state from the provider).';

const early: Check = {
  id: 'ORD-01',
  title: 'A change that arrives before its creation is not lost',
  level: 0,
  severity: 'must',
  source: sources.stripe,
  sends: 'The second event about a thing before the first; what is answered with 5xx comes again afterwards.',
  expects: '2xx, or a 5xx and then 2xx; no lasting 4xx.',
  manner: 'legal',
  turn: 'together',
  notFor: ({ profile }) =>
    (profile.scenarios ?? []).length > 0 ? null : `${profile.name} has no events that belong together.`,
  async ask(bench) {
    const shots: Shot[] = [];
    for (const plan of bench.plans.filter(({ types }) => types.length > 1)) {
      const [first, second] = plan.tell(`early ${plan.kind}`) as [CheckEvent, CheckEvent];
      const label = `${second.type} before ${first.type}`;
      const before = await bench.send(second, { label });
      shots.push(before);
      if (!accepted(before) && !crashed(before) && !putOff(before)) return lost(before);
      shots.push(await bench.send(first, { label: `${first.type} afterwards` }));
      if (accepted(before)) continue;
      const retry = await bench.send(second, { label: `${label}, the retry`, attempt: 2 });
      shots.push(retry);
      if (!accepted(retry)) return lost(retry);
    }
    if (shots.length === 0) return skipped('No events that belong together could be told.');
    return passed('Taken in any order.', shots);
  },
};

function lost(shot: Shot): Finding {
  return failed(
    `${shot.label}: answered ${outcomeOf(shot)}.`,
    'What the event is about is not known yet, and is refused for good. Providers guarantee no order: keep the event until the other one comes, create what is missing, or answer 503 and take the retry.',
    [shot],
  );
}

const ordered = {
  level: 1,
  severity: 'must',
  manner: 'legal',
  turn: 'alone',
  notFor: () => null,
} as const;

/** Lives whose order a consumer can tell from the events, and of which its state shows something. */
async function orderable(bench: Bench): Promise<LifePlan[] | Finding> {
  const shown = await bench.effects!.plans();
  if (shown.length === 0) return nothingShows(bench);
  const several = shown.filter(({ types }) => types.length > 1);
  if (several.length === 0) return skipped('No life of several events shows in the snapshot.');
  const dated = several.filter((plan) => plan.dated);
  if (dated.length > 0) return dated;
  return notApplicable(
    weakness(
      `No event of ${bench.lane.profile.name} says when it happened, so nobody can tell which of two is newer.`,
    ),
  );
}

/** Compares each way of telling with the plain one, and stops at the first that differs. */
async function sameEitherWay(
  bench: Bench,
  plan: LifePlan,
  ways: readonly (readonly number[])[],
): Promise<Finding | null> {
  for (const way of ways) {
    const shots: Shot[] = [];
    const label = `in the order ${way.map((i) => i + 1).join(', ')}`;
    const { same, difference } = await bench.effects!.compare(plan, async (events) => {
      shots.push(
        ...(await deliver(
          bench,
          way.map((i) => events[i]!),
          { label },
        )),
      );
    });
    if (same) continue;
    const names = plan.types.map((type, i) => `${i + 1} ${type}`).join(', ');
    const told = way.map((i) => i + 1).join(', ');
    return failed(
      `Events about one ${plan.kind} (${names}) were sent in the order ${told}, and left another state. ${difference}`,
      LAST_ARRIVAL,
      shots,
    );
  }
  return null;
}

const anyOrder: Check = {
  ...ordered,
  id: 'ORD-02',
  title: 'Any order of arrival leads to the same state',
  source: sources.stripe,
  sends: 'The events about one thing in every order, some of them twice.',
  expects: 'The same state as when they come once and in order.',
  async ask(bench) {
    const unsteady = await bench.effects!.unsteady();
    if (unsteady !== null)
      return failed(
        `Two things were told of one after the other, each plainly and in order; the second left another state. ${unsteady}`,
        'What happened to one thing decides what is taken of another: one cursor for all, perhaps, that passes over whatever is not newer than the newest event of all. Compare an event with the state of the thing it is about.',
      );
    const plans = await orderable(bench);
    if (!Array.isArray(plans)) return plans;
    const random = seededRandom(bench.seed);
    for (const [at, plan] of plans.entries()) {
      const all = permutations(plan.types.length).slice(1);
      const backwards = [...plan.types.keys()].reverse();
      const few = [backwards, ...shuffled(all, random).slice(0, 2)];
      // One life in every order; of the others the telling ones.
      const ways = bench.pace.slow ? few.slice(0, 1) : at === 0 ? all : few;
      const doubled = [...backwards, ...backwards];
      const finding = await sameEitherWay(bench, plan, [...ways, doubled]);
      if (finding) return finding;
    }
    return passed(`${plans.map(({ kind }) => kind).join(', ')}: the same state in every order.`);
  },
};

const olderLater: Check = {
  ...ordered,
  id: 'ORD-03',
  title: 'An old change that is retried late does not overwrite a newer one',
  source: sources.shopify,
  sends: 'The newest event about a thing, and after it the retry of an older one.',
  expects: 'The newer state is kept.',
  async ask(bench) {
    const plans = await orderable(bench);
    if (!Array.isArray(plans)) return plans;
    for (const plan of plans) {
      const places = [...plan.types.keys()];
      const last = places.at(-1)!;
      const ways = places.slice(0, -1).flatMap((old) => {
        const others = places.filter((place) => place !== old && place !== last);
        return [
          // Its first attempt failed on the way; and the same, taken before and sent again.
          [...others, last, old],
          [...places, old],
        ];
      });
      const finding = await sameEitherWay(bench, plan, bench.pace.slow ? ways.slice(-2) : ways);
      if (finding) return finding;
    }
    return passed(`${plans.map(({ kind }) => kind).join(', ')}: the newer state was kept.`);
  },
};

export const order: readonly Check[] = [early, anyOrder, olderLater];
