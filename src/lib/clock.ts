import { performance } from 'node:perf_hooks';
import { runInNewContext } from 'node:vm';

/** Real time as this process reads it. The only place in the code that asks the operating system. */
export interface WallClock {
  /** Milliseconds since 1970 UTC. May step; never used for durations. */
  now(): number;
  /** Milliseconds of a clock that only goes forward. For durations and deadlines. */
  monotonic(): number;
}

// Of a context of its own: somebody's test may have put another in the place of the global one before this was loaded.
const { now } = runInNewContext('Date') as DateConstructor;

export const wallClock: WallClock = {
  now,
  monotonic: performance.now.bind(performance),
};

/** `2026-01-31T08:00:00.000Z` */
export function isoMillis(atMs: number): string {
  return new Date(atMs).toISOString();
}
