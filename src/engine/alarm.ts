import { clearTimeout, setTimeout } from '../lib/timers.js';
export interface AlarmOptions {
  /** Does what is due. @returns when to look again, milliseconds; never rejects. */
  look(): Promise<number>;
  monotonic(): number;
}

/** Node fires at once for delays beyond 2^31 - 1 ms; an hour is soon enough to look again. */
const LONGEST_TIMER_MS = 3_600_000;

/** Looks when something may be due, one look at a time. */
export class Alarm {
  readonly #o: AlarmOptions;
  #timer: NodeJS.Timeout | null = null;
  #atMs = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: AlarmOptions) {
    this.#o = options;
  }

  /** Something may be due sooner than was known. */
  soon(inMs = 0): void {
    const delayMs = Math.min(Math.max(0, inMs), LONGEST_TIMER_MS);
    const atMs = this.#o.monotonic() + delayMs;
    if (this.#stopped || atMs >= this.#atMs) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(() => void this.ring(), delayMs);
  }

  /** Looks now. */
  ring(): Promise<void> {
    this.#timer = null;
    this.#atMs = Number.POSITIVE_INFINITY;
    // One at a time: what is asked for meanwhile comes with a timer of its own after it.
    if (this.#looking) return this.#looking.then(() => this.soon());
    this.#looking = this.#o.look().then((nextMs) => {
      this.#looking = null;
      this.soon(nextMs);
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking;
  }
}
