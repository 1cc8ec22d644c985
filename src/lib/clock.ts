/** Real time as this process reads it. The only place in the code that asks the operating system. */
export interface WallClock {
  /** Milliseconds since 1970 UTC. May step; never used for durations. */
  now(): number;
  /** Milliseconds of a clock that only goes forward. For durations and deadlines. */
  monotonic(): number;
}

export const wallClock: WallClock = {
  // Taken at import, so that a consumer's fake timers (which replace the global Date) never move ours.
  now: Date.now.bind(Date),
  monotonic: performance.now.bind(performance),
};

/** `2026-01-31T08:00:00.000Z` */
export function isoMillis(atMs: number): string {
  return new Date(atMs).toISOString();
}
