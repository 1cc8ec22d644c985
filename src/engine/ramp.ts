/** What lay about for longer than this was kept waiting by an outage of ours, milliseconds of the database's clock. */
const OVERDUE_MS = 30_000;
/** A backlog starts with a tenth of the slots, and doubles each second. */
const FIRST_SHARE = 0.1;
/** Without anything overdue for this long, the next backlog starts anew, milliseconds. */
const OVER_AFTER_MS = 60_000;

/**
 * After an outage everything is due at once. What is long overdue comes back by degrees, so that neither the consumers nor the
 * database meet all of it in one second; what is fresh, and what an advance makes due, is never held back by this.
 */
export class Ramp {
  #beganMs: number | null = null;
  #seenMs = 0;

  /** Something overdue was claimed. */
  seen(monotonicMs: number): void {
    if (this.#beganMs === null || monotonicMs - this.#seenMs > OVER_AFTER_MS) this.#beganMs = monotonicMs;
    this.#seenMs = monotonicMs;
  }

  /** How many of so many slots what is overdue may have now. */
  allowed(slots: number, monotonicMs: number): number {
    if (this.#beganMs === null) return slots;
    const share = FIRST_SHARE * 2 ** ((monotonicMs - this.#beganMs) / 1000);
    return share >= 1 ? slots : Math.max(1, Math.floor(slots * share));
  }
}

/** Both on the database's clock, milliseconds. */
export function isOverdue({ ownClock, dueAtMs, databaseNowMs }: Overdue): boolean {
  return !ownClock && databaseNowMs - dueAtMs > OVERDUE_MS;
}

interface Overdue {
  ownClock: boolean;
  dueAtMs: number;
  databaseNowMs: number;
}
