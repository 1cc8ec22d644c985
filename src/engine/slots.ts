import type { ReadyState } from '../store/queue.js';

/** One slot in so many is kept for retries while any wait. */
const RETRY_SHARE = 8;

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
