import type { Check, Shot } from '../contract.js';
import { allAccepted, applies, failed, passed, skipped, weakness } from '../finding.js';
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
      const before = await bench.effects!.settled();
      const lives = Array.from({ length: bench.pace.slow ? 2 : LIVES }, (_, i) => [
        plan.tell(`back ${i}`)[0]!,
      ]);
      // Their first attempts failed while the consumer was away; the retries come together.
      const mine = await Promise.all(
        lives.map(([event]) => bench.send(event!, { label: 'from the backlog', attempt: 2 })),
      );
      shots.push(...mine);
      const later = lives.filter((_, i) => !accepted(mine[i]!));
      for (const [event] of later)
        mine.push(await bench.send(event!, { label: 'from the backlog, once more', attempt: 3 }));
      const taken = allAccepted(mine.slice(lives.length), BACKLOG);
      if (taken.verdict === 'fail') return taken;
      const lost = await bench.effects!.missing(before, plan, lives);
      if (lost !== null) return failed(lost, BACKLOG, mine);
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
  sends: 'A life of which one event never arrives; the provider’s API knows of it.',
  expects: 'The state heals by polling.',
  manner: 'legal',
  turn: 'last',
  notFor: ({ profile }) =>
    profile.door?.routes.some(({ method }) => method === 'get')
      ? null
      : weakness(`${profile.name} has no API that could be asked.`),
  ask: () =>
    Promise.resolve(
      skipped(
        'Not observable: the consumer would have to poll the provider’s routes of a Ringer server, which a run does not follow.',
      ),
    ),
};

export const recovery: readonly Check[] = [downtime, exhausted];
