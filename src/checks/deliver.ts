import type { Ask, Bench } from './bench.js';
import type { Shot } from './contract.js';
import type { CheckEvent } from './event.js';
import { accepted } from './shot.js';

const ROUNDS = 4;

/** Sends each in this order; what is not taken comes again after the others, as a provider's retries do. */
export async function deliver(
  bench: Pick<Bench, 'send'>,
  events: readonly CheckEvent[],
  ask: Ask,
): Promise<Shot[]> {
  const shots: Shot[] = [];
  let left = [...events];
  for (let round = 1; left.length > 0 && round <= ROUNDS; round++) {
    const refused: CheckEvent[] = [];
    for (const event of left) {
      const label = `${ask.label}: ${event.type}`;
      const shot = await bench.send(event, { ...ask, label, attempt: round });
      shots.push(shot);
      if (!accepted(shot)) refused.push(event);
    }
    left = refused;
  }
  return shots;
}
