import type { Log } from '../lib/log.js';
import type { Database } from '../store/database.js';
import { duePlans } from '../store/plans.js';
import { Alarm } from './alarm.js';

/** How often to look although nobody said that anything was planned, milliseconds. */
const EVERY_MS = 5_000;

export interface PlannerOptions {
  db: Database;
  log: Log;
  monotonic(): number;
  /** Publishes what the tenant's clock has reached. */
  publishDue(tenantId: string): Promise<void>;
}

/**
 * Publishes what was planned when its instant comes: on clocks that run, and on one that was put forward by hand. Any number
 * of these may share a database: each plan is taken under a lock. What an advance walks through it publishes itself.
 */
export class Planner {
  readonly #o: PlannerOptions;
  readonly #alarm: Alarm;
  #stopped = false;

  constructor(options: PlannerOptions) {
    this.#o = options;
    this.#alarm = new Alarm({ look: () => this.#look(), monotonic: options.monotonic });
  }

  /** Something was planned, or a clock was set. */
  soon(): void {
    this.#alarm.soon();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#alarm.stop();
  }

  async #look(): Promise<number> {
    const { db, log } = this.#o;
    try {
      const { tenantIds, nextDueMs } = await duePlans(db.pool);
      let published = 0;
      for (const tenantId of tenantIds) if (!this.#stopped && (await this.#publish(tenantId))) published += 1;
      // What comes next is only known now.
      if (published > 0) return 0;
      return Math.min(EVERY_MS, Math.max(0, Math.ceil(nextDueMs ?? EVERY_MS)));
    } catch (error) {
      log.error('plans cannot be read; trying again', { error: (error as Error).message });
      return EVERY_MS;
    }
  }

  /** @returns whether it could be done: one tenant's trouble keeps no other waiting. */
  async #publish(tenantId: string): Promise<boolean> {
    try {
      await this.#o.publishDue(tenantId);
      return true;
    } catch (error) {
      const why = (error as Error).message;
      this.#o.log.error('what was planned could not be published; trying again', { tenant: tenantId, why });
      return false;
    }
  }
}
