import { setTimeout as startTimer, clearTimeout as stopTimer } from '../../lib/timers.js';

/** How late a deadline may fire beyond the event loop's own lag, milliseconds. It never fires early. */
const STEP_MS = 20;

/** Something that ends when its time is over. */
export interface Timed {
  /** On the monotonic clock, milliseconds. May move while it waits. */
  dueAt: number;
  /** Its place in the list; kept by the deadlines alone, -1 while it is in none. */
  slot: number;
  expire(): void;
}

export interface Deadlines<T extends Timed> {
  add(timed: T): void;
  delete(timed: T): void;
  /** All that wait now. */
  all(): T[];
  readonly size: number;
  stop(): void;
}

/**
 * One coarse timer for all requests in flight: a timer or an abort signal each would cost more than the request's own
 * bookkeeping, and so would a Set, whose table is thrown away again and again. It stands still while nothing waits.
 */
export function createDeadlines<T extends Timed>(monotonic: () => number): Deadlines<T> {
  const waiting: T[] = [];
  let timer: ReturnType<typeof startTimer> | null = null;

  const sweep = () => {
    timer = null;
    const now = monotonic();
    try {
      // Backwards, because whatever expires leaves the list and the last one takes its place.
      for (let i = waiting.length - 1; i >= 0; i--) {
        const timed = waiting[i];
        if (timed !== undefined && timed.dueAt <= now) timed.expire();
      }
    } finally {
      // One that throws must not leave the others without an end.
      if (waiting.length > 0) timer ??= startTimer(sweep, STEP_MS);
    }
  };

  return {
    add(timed) {
      timed.slot = waiting.push(timed) - 1;
      timer ??= startTimer(sweep, STEP_MS);
    },
    delete(timed) {
      const { slot } = timed;
      if (slot < 0) return;
      const last = waiting.pop();
      if (last !== undefined && last !== timed) {
        waiting[slot] = last;
        last.slot = slot;
      }
      timed.slot = -1;
    },
    all: () => [...waiting],
    get size() {
      return waiting.length;
    },
    stop() {
      if (timer) stopTimer(timer);
      timer = null;
    },
  };
}
