import type { Log } from '../lib/log.js';
import type { Random } from '../lib/random.js';
import type { Queue, ReadyLane } from '../store/queue.js';

export interface AlarmsOptions {
  queue: Queue;
  /** Whether every wake-up comes from this process, so that looking is only the belt to those braces. */
  alone: boolean;
  random: Random;
  log: Log;
  monotonic(): number;
  /** These lanes have something ready. */
  ready(lanes: readonly ReadyLane[]): void;
}

// Taken at import, so that a consumer's fake timers never stop ours.
const { setTimeout, clearTimeout } = globalThis;

const LOOK_EVERY_MS = 1_000;
const LOOK_ALONE_MS = 5_000;
/** Node fires at once for delays beyond 2^31 - 1 ms; an hour is soon enough to look again. */
const LONGEST_TIMER_MS = 3_600_000;

/**
 * What wakes a dispatcher when nobody nudges it: the next due instant, and a look now and then for what another process
 * published or a dead one left behind.
 */
export class Alarms {
  readonly #o: AlarmsOptions;
  readonly #everyMs: number;
  #promoteTimer: NodeJS.Timeout | null = null;
  #promoteAtMs = Number.POSITIVE_INFINITY;
  #promoting: Promise<void> | null = null;
  #discoverTimer: NodeJS.Timeout | null = null;
  #discovering: Promise<void> | null = null;
  #stopped = false;

  constructor(options: AlarmsOptions) {
    this.#o = options;
    this.#everyMs = options.alone ? LOOK_ALONE_MS : LOOK_EVERY_MS;
  }

  async start(): Promise<void> {
    await this.#discover();
    await this.#promote();
  }

  /** Something may be due sooner than was known. */
  promoteSoon(inMs = 0): void {
    const delayMs = Math.min(Math.max(0, inMs), LONGEST_TIMER_MS);
    const atMs = this.#o.monotonic() + delayMs;
    if (this.#stopped || atMs >= this.#promoteAtMs) return;
    if (this.#promoteTimer) clearTimeout(this.#promoteTimer);
    this.#promoteAtMs = atMs;
    this.#promoteTimer = setTimeout(() => void this.#promote(), delayMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [this.#promoteTimer, this.#discoverTimer]) if (timer) clearTimeout(timer);
    await Promise.all([this.#promoting, this.#discovering]);
  }

  #promote(): Promise<void> {
    this.#promoteTimer = null;
    this.#promoteAtMs = Number.POSITIVE_INFINITY;
    // One at a time: what is asked for meanwhile comes with a timer of its own after it.
    if (this.#promoting) return this.#promoting.then(() => this.promoteSoon());
    this.#promoting = this.#promoteOnce().then((nextMs) => {
      this.#promoting = null;
      this.promoteSoon(nextMs);
    });
    return this.#promoting;
  }

  async #promoteOnce(): Promise<number> {
    try {
      const { lanes, more, nextDueMs } = await this.#o.queue.promote();
      if (lanes.length > 0) this.#o.ready(lanes);
      return more ? 0 : Math.min(this.#everyMs, Math.max(0, Math.ceil(nextDueMs ?? this.#everyMs)));
    } catch (error) {
      this.#o.log.error('promotion failed; trying again', { error: (error as Error).message });
      return this.#everyMs;
    }
  }

  async #discover(): Promise<void> {
    this.#discovering = this.#o.queue.discover().then(
      (lanes) => this.#o.ready(lanes),
      (error: Error) => this.#o.log.error('discovery failed; trying again', { error: error.message }),
    );
    await this.#discovering;
    if (this.#stopped) return;
    // Not in step with other processes.
    this.#discoverTimer = setTimeout(
      () => void this.#discover(),
      this.#everyMs * (0.9 + 0.2 * this.#o.random.float()),
    );
  }
}
