import type { Log } from '../lib/log.js';
import type { Random } from '../lib/random.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import type { Promotion, Queue, ReadyLane } from '../store/queue.js';
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
  #lookTimer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: AlarmsOptions) {
    this.#o = options;
    this.#everyMs = options.everyMs;
    this.#promotion = new Alarm({ look: () => this.#promote(), monotonic: options.monotonic });
  }

  async start(): Promise<void> {
    await this.#look();
  }

  /** Something may be due sooner than was known. */
  promoteSoon(inMs = 0): void {
    this.#promotion.soon(inMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#lookTimer) clearTimeout(this.#lookTimer);
    await Promise.all([this.#promotion.stop(), this.#looking]);
  }

  /** What nobody told of is found by the next look; until then only a known instant rings. */
  async #promote(): Promise<number> {
    try {
      return this.#heard(await this.#o.queue.promote());
    } catch (error) {
      this.#o.log.error('promotion failed; trying again', { error: (error as Error).message });
      return this.#everyMs;
    }
  }

  async #look(): Promise<void> {
    this.#looking = this.#o.queue.look().then(
      (promotion) => this.#promotion.soon(this.#heard(promotion)),
      (error: Error) => this.#o.log.error('the look for work failed; trying again', { error: error.message }),
    );
    await this.#looking;
    if (this.#stopped) return;
    // Not in step with other processes.
    this.#lookTimer = setTimeout(
      () => void this.#look(),
      this.#everyMs * (0.9 + 0.2 * this.#o.random.float()),
    );
  }

  /** @returns when the next one is due, milliseconds. */
  #heard({ lanes, more, nextDueMs }: Promotion): number {
    if (lanes.length > 0) this.#o.ready(lanes);
    return more ? 0 : Math.max(0, Math.ceil(nextDueMs ?? Number.POSITIVE_INFINITY));
  }
}
