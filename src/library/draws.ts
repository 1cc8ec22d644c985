import type { App } from '../app.js';
import { createIds } from '../lib/ids.js';
import { seededRandom } from '../lib/random.js';
import type { Services } from '../services/services.js';

/**
 * The use-cases as one call may use them. With a seed each call draws ids and randomness of its own, by its place among the
 * calls of its tenant: what happens meanwhile, in this tenant or another, never changes them.
 */
export interface Draws {
  /** @param of a tenant's name, for what makes a tenant; else its id. */
  next(of: string): Services;
}

/** Where the clocks of a seeded world begin, and its ids. */
export const SEEDED_START_MS = Date.UTC(2026, 0, 1);

export function createDraws(app: App, seed: string | number | undefined): Draws {
  if (seed === undefined) return { next: () => app.services };
  const calls = new Map<string, number>();
  return {
    next(of) {
      const call = calls.get(of) ?? 0;
      calls.set(of, call + 1);
      const random = seededRandom(`${seed} ${of} ${call}`);
      // A millisecond a call, so that ids of later calls are later ids.
      const ids = createIds(() => SEEDED_START_MS + call, random);
      return app.servicesFrom({ ids, random });
    },
  };
}
