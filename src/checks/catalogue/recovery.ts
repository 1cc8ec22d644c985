import type { Bench } from '../bench.js';
import type { Check, Shot } from '../contract.js';
import { deliver } from '../deliver.js';
import { allAccepted, applies, failed, notApplicable, passed, skipped, weakness } from '../finding.js';
import type { LifePlan } from '../lives.js';
import { accepted } from '../shot.js';
import { nothingShows } from '../shown-plan.js';
import { sources } from '../sources.js';

/** Lives that wait for the consumer to come back. */
const LIVES = 8;

const downtime: Check = {
  id: 'REC-01',
  title: 'After a downtime every event has its effect, once',
  level: 1,
  severity: 'must',
  source: sources.shopify,
  sends: 'Events that happened while the consumer was away, all at once as soon as it is back.',
  expects: 'The effects of the same events sent one by one.',
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
  async ask(bench) {
    const plans = await bench.effects!.plans();
    if (plans.length === 0) return nothingShows(bench);
    const shots: Shot[] = [];
    for (const plan of plans) {
      const lives = Array.from({ length: bench.pace.slow ? 2 : LIVES }, (_, i) => [
        plan.tell(`back ${i}`)[0]!,
      ]);
      const mine: Shot[] = [];
      const lost = await bench.effects!.missing(plan, lives, async () => {
        // Their first attempts failed while the consumer was away; the retries come together.
        mine.push(
          ...(await Promise.all(
            lives.map(([event]) => bench.send(event!, { label: 'from the backlog', attempt: 2 })),
          )),
        );
        const later = lives.filter((_, i) => !accepted(mine[i]!));
        for (const [event] of later)
          mine.push(await bench.send(event!, { label: 'from the backlog, once more', attempt: 3 }));
      });
      const taken = allAccepted(mine.slice(lives.length), BACKLOG);
      if (taken.verdict === 'fail') return taken;
      if (lost !== null) return failed(lost, BACKLOG, mine);
      shots.push(...mine);
    }
    return passed(`${shots.length} events, each with its effect.`, shots);
  },
};

const BACKLOG =
  'What comes in quick succession is thrown away (a rate limit that answers 2xx, a debounce, a full queue). Take every event, or answer 429 or 503 with Retry-After so that it comes again.';

const exhausted: Check = {
  id: 'REC-02',
  title: 'A lost event is made good from the provider’s API',
  level: 2,
  severity: 'should',
  source: sources.plaid,
  sends: 'Events about one thing, of which one never arrives; the provider’s API knows of it.',
  expects: 'The state heals by polling.',
  manner: 'legal',
  turn: 'last',
  notFor: ({ profile }) =>
    profile.door?.routes.some(({ shows }) => shows !== undefined)
      ? null
      : weakness(`${profile.name} has no API that could be asked.`),
  async ask(bench) {
    const { readApi, noReadApi, effects, lane } = bench;
    if (readApi === null) return skipped(noReadApi);
    const shows = lane.profile.door?.routes.flatMap((route) => route.shows ?? []) ?? [];
    const readable = (plan: LifePlan) => shows.includes(plan.kind) && plan.types.length > 1;
    if (!bench.plans.some(readable))
      return notApplicable(weakness(`${lane.profile.name} has no API for what several events tell of.`));
    const told = await tellingLoss(bench, (await effects!.plans()).filter(readable));
    if (told === null) return skipped('No event whose loss shows in the snapshot can be asked for.');
    const { plan, lost } = told;
    const shots: Shot[] = [];
    let askedBefore = 0;
    const { same, difference } = await effects!.compare(
      plan,
      async (events) => {
        const arriving = events.filter((_, i) => i !== lost);
        shots.push(...(await deliver(bench, arriving, { label: 'all but the lost one' })));
        // What is asked because an event came is no reconciliation.
        await effects!.settled();
        askedBefore = readApi.asked();
        readApi.happened(events[lost]!);
      },
      { patienceMs: bench.timeoutMs },
    );
    const what = `${plan.types[lost]} (event ${lost + 1} about one ${plan.kind}) never arrived`;
    const asked = readApi.asked() - askedBefore;
    if (same && asked > 0) return passed(`${what}, and its effect is there all the same.`, shots);
    const waited = `${what}; within ${bench.timeoutMs} ms`;
    return asked === 0
      ? failed(`${waited} the provider’s API was not asked.`, NEVER_ASKED, shots)
      : failed(
          `${waited} the provider’s API was asked ${asked} times, and the state did not heal. ${difference}`,
          NOT_HEALED,
          shots,
        );
  },
};

/** A life and the place of an event without which it leaves another state, the last such place. */
async function tellingLoss({ effects }: Bench, plans: readonly LifePlan[]) {
  const plain = async (plan: LifePlan, places: readonly number[]) =>
    JSON.stringify(await effects!.plain(plan, places));
  for (const plan of plans) {
    const places = [...plan.types.keys()];
    const whole = await plain(plan, places);
    for (const lost of places.slice(1).reverse())
      if (
        (await plain(
          plan,
          places.filter((place) => place !== lost),
        )) !== whole
      )
        return { plan, lost };
  }
  return null;
}

const NEVER_ASKED =
  'The consumer never asked the provider’s API: an event that is lost for good stays lost. Ask for the current state now and then (every few minutes in a test, at least as often as --timeout), and at the address that the run serves.';
const NOT_HEALED =
  'What the provider answers is not taken over, or another thing was asked for. Ask for each thing that is not finished, and let the answer change the state as an event would; the probe has to show states, not counts of events.';

export const recovery: readonly Check[] = [downtime, exhausted];
