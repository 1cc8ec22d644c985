import { type Random, seededRandom } from '../lib/random.js';

/**
 * Decides like every other of its `plan` and names things like none but its `twin`: what is drawn as a number (whether a life
 * ends early, how long it takes) comes from the one, what is drawn as bytes (ids) from the other. So two lives can be told
 * that differ in nothing but their ids.
 */
export function twinRandom(plan: string, twin: string): Random {
  const decisions = seededRandom(plan);
  const names = seededRandom(`${plan} ${twin}`);
  return { float: () => decisions.float(), bytes: (count) => names.bytes(count) };
}
