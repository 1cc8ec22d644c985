import type { Log } from '../lib/log.js';
import type { Random } from '../lib/random.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import type { Queue, ReadyLane } from '../store/queue.js';
import { Alarm } from './alarm.js';

export interface AlarmsOptions {
  queue: Queue;
  /** How often to look although nothing is known to be due, milliseconds. */
  everyMs: number;
  random: Random;
  log: Log;
  monotonic(): number;
  /** These lanes have something ready. */
  ready(lanes: readonly ReadyLane[]): void;
}

/**
 * What wakes a dispatcher when nobody nudges it: the next due instant, and a look now and then for what another process
 * published or a dead one left behind.
 */
export class Alarms {
  readonly #o: AlarmsOptions;
  readonly #everyMs: number;
  readonly #promotion: Alarm;
  #discoverTimer: NodeJS.Timeout | null = null;
  #discovering: Promise<void> | null = null;
  #stopped = false;

  constructor(options: AlarmsOptions) {
    this.#o = options;
    this.#everyMs = options.everyMs;
    this.#promotion = new Alarm({ look: () => this.#promote(), monotonic: options.monotonic });
  }

  async start(): Promise<void> {
    await this.#discover();
    await this.#promotion.ring();
  }

  /** Something may be due sooner than was known. */
  promoteSoon(inMs = 0): void {
    this.#promotion.soon(inMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#discoverTimer) clearTimeout(this.#discoverTimer);
    await Promise.all([this.#promotion.stop(), this.#discovering]);
  }

  async #promote(): Promise<number> {
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
