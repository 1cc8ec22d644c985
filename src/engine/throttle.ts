import type { LaneSnapshot } from './lane-snapshot.js';

/** How many may go now; `waitMs` says how long until the next when it is none. */
export interface Tokens {
  count: number;
  waitMs: number | null;
}

/**
 * Deliveries a second of one subscription. On the database's clock a token bucket of one second, in real time. On a
 * tenant's own clock whole seconds of tenant time are windows, and what does not fit into its window is due in the next
 * one with room: nothing ever waits for real tokens there.
 */
export interface Throttle {
  available(lane: LaneSnapshot | null, monotonicMs: number): Tokens;
  /** One is sent on the database's clock. */
  spend(lane: LaneSnapshot, monotonicMs: number): void;
  /**
   * On a tenant's own clock: null when it may go at its due instant, else the instant to which it is put off.
   * @param rate per second of tenant time, 1 or more.
   */
  place(dueAtMs: number, rate: number): number | null;
}

const WINDOW_MS = 1_000;

export function createThrottle(): Throttle {
  let tokens: number | null = null;
  let filledMs = 0;
  const sent = new Map<number, number>();
  const reserved = new Map<number, number>();

  const forget = (window: number) => {
    for (const map of [sent, reserved]) for (const key of map.keys()) if (key < window) map.delete(key);
  };

  /** The tokens there are; null where none are counted. */
  const refill = (lane: LaneSnapshot | null, monotonicMs: number): number | null => {
    if (!lane || lane.rateLimit === null || lane.tenant.clockMode !== 'system') {
      tokens = null;
    } else {
      const gained = ((monotonicMs - filledMs) * lane.rateLimit) / 1000;
      tokens = Math.min(lane.rateLimit, tokens === null ? lane.rateLimit : tokens + gained);
      filledMs = monotonicMs;
    }
    return tokens;
  };

  return {
    available(lane, monotonicMs) {
      const left = refill(lane, monotonicMs);
      if (left === null) return { count: Number.POSITIVE_INFINITY, waitMs: null };
      return left >= 1
        ? { count: Math.floor(left), waitMs: null }
        : { count: 0, waitMs: ((1 - left) * 1000) / lane!.rateLimit! };
    },
    spend(lane, monotonicMs) {
      // The first one of a lane is claimed before its limit is known.
      const left = refill(lane, monotonicMs);
      if (left !== null) tokens = left - 1;
    },
    place(dueAtMs, rate) {
      let window = Math.floor(dueAtMs / WINDOW_MS);
      const used = sent.get(window) ?? 0;
      if (used < rate) {
        if (used === 0) forget(window);
        sent.set(window, used + 1);
        return null;
      }
      do window += 1;
      while ((reserved.get(window) ?? 0) >= rate);
      reserved.set(window, (reserved.get(window) ?? 0) + 1);
      return window * WINDOW_MS;
    },
  };
}
