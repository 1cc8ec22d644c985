import type { ReadyState } from '../store/queue.js';

/** One slot in so many is kept for retries while any wait. */
const RETRY_SHARE = 8;
/** One slot in so many may be kept for what is being stored: a publish that waits for its tenant's lock keeps nobody else from sending. */
const KEPT_SHARE = 4;

/** Requests that a process has on the wire at once, by state: first attempts, retries. */
export class Slots {
  readonly #all: number;
  readonly #taken: [number, number] = [0, 0];

  constructor(all: number) {
    this.#all = all;
  }

  get taken(): number {
    return this.#taken[0] + this.#taken[1];
  }

  /** How many may be kept at once for what is not stored yet. */
  get keepable(): number {
    return Math.floor(this.#all / KEPT_SHARE);
  }

  count(state: ReadyState, change: 1 | -1): void {
    this.#taken[state] += change;
  }

  /** First attempts come first, but retries that wait may always have an eighth of the slots: they must not starve. */
  free(state: ReadyState, retriesWait: boolean): number {
    const free = this.#all - this.taken;
    if (state === 1 || !retriesWait) return free;
    return free - Math.max(0, Math.floor(this.#all / RETRY_SHARE) - this.#taken[1]);
  }
}
