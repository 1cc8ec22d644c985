import type { Check, Shot } from '../contract.js';
import { applies, failed, passed } from '../finding.js';
import { accepted } from '../shot.js';
import { sources } from '../sources.js';

const BACKLOG = 500;
/** Requests under way at once, as a provider sends a backlog to one subscription. */
const AT_ONCE = 10;
/** What the backlog may take of a run, milliseconds. */
const BUDGET_MS = 1_500;
const LEAST = 3;

const backlog: Check = {
  id: 'LOAD-01',
  title: 'A backlog after an outage is absorbed',
  level: 0,
  severity: 'must',
  source: sources.httpRetryAfter,
  sends: `${BACKLOG} events at once, ${AT_ONCE} at a time; fewer to a slow consumer.`,
  expects: 'No timeouts and no errors, or 429 or 503 with Retry-After.',
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
  async ask(bench) {
    const { pace, clock } = bench;
    const endMs = clock.monotonic() + BUDGET_MS;
    const shots: Shot[] = [];
    let left = pace.slow ? LEAST : BACKLOG;
    const work = async () => {
      while (left > 0 && (clock.monotonic() < endMs || shots.length < LEAST)) {
        left -= 1;
        shots.push(await bench.send(bench.sample(), { label: 'an event of the backlog', once: true }));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const bad = shots.filter((shot) => !accepted(shot) && !asksForTime(shot));
    if (bad.length === 0) {
      const waits = shots.filter(asksForTime).length;
      return passed(
        `${shots.length} events taken${waits > 0 ? `, of which ${waits} were asked to come later` : ''}.`,
      );
    }
    const silent = bad.filter(({ response }) => response === null).length;
    return failed(
      `${bad.length} of ${shots.length} events were not taken${silent > 0 ? `, ${silent} without any answer` : ''}.`,
      'Every event is worked on before it is answered, so a backlog exhausts threads or connections. Store and answer; where that is not enough, answer 429 or 503 with Retry-After.',
      bad.slice(0, 3),
    );
  },
};

function asksForTime({ response }: Shot): boolean {
  if (response?.status !== 429 && response?.status !== 503) return false;
  return response.headers.some(([name]) => name.toLowerCase() === 'retry-after');
}

export const load: readonly Check[] = [backlog];
