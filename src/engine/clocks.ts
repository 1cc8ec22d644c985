import type { Log } from '../lib/log.js';
import {
  adoptRuns,
  type ClockRun,
  countAttempts,
  finishRun,
  isBusy,
  moveTo,
  nextDue,
  promoteTenant,
  type RunCounts,
  renewRun,
} from '../store/clock-runs.js';
import type { Database } from '../store/database.js';
import { readTenantClock } from '../store/tenant-clock.js';
import type { Dispatcher } from './dispatcher.js';

export interface ClocksOptions {
  db: Database;
  /** The dispatcher of this process; null where another one sends. */
  dispatcher: Dispatcher | null;
  log: Log;
  monotonic(): number;
  /** After each instant: the clock stands there now. */
  moved(tenantId: string, nowMs: number): void;
  /** After the last instant, before the answer. */
  ended(tenantId: string): Promise<void>;
}

export interface AdvanceResult extends RunCounts {
  fromMs: number;
  toMs: number;
}

/** How often to look whether another process has settled what is due, milliseconds. */
const POLL_MS = 25;

/**
 * Moves standing clocks. An advance fires each due instant in order, everything due there together, and goes on when all of
 * it has settled. Where it stands is the tenant's clock itself, stored per instant, so that after a crash it goes on
 * from there and nothing is skipped.
 */
export class Clocks {
  readonly #o: ClocksOptions;
  readonly #counts = new Map<string, RunCounts>();
  readonly #running = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(options: ClocksOptions) {
    this.#o = options;
  }

  /** Goes on with what a dead process left. @param all for the only process there is: nobody else can be at it. */
  async adopt(all: boolean): Promise<void> {
    for (const run of await adoptRuns(this.#o.db.pool, all)) {
      this.#o.log.info('going on with an advance', { tenant: run.tenantId });
      void this.run(run).catch((error: Error) =>
        this.#o.log.error('advance failed', { error: error.message }),
      );
    }
  }

  /** Counts what settles during a run, as told by this process's dispatcher. */
  settled(tenantId: string, outcome: string): void {
    const counts = this.#counts.get(tenantId);
    if (!counts) return;
    counts.attempts += 1;
    if (outcome === 'delivered') counts.delivered += 1;
    else if (outcome === 'failed') counts.failed += 1;
  }

  run(run: ClockRun): Promise<AdvanceResult> {
    const result = this.#run(run);
    const tracked = result.catch(() => {}).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return result;
  }

  /** Lets the instant under way settle; the rest goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(run: ClockRun): Promise<AdvanceResult> {
    const { tenantId } = run;
    if (this.#o.dispatcher) this.#counts.set(tenantId, { attempts: 0, delivered: 0, failed: 0 });
    let toMs = run.fromMs;
    try {
      for (let going = true; going && !this.#stopped; ) {
        await this.#settledThere(run);
        const step = await this.#step(run);
        going = step.more;
        toMs = step.nowMs;
        this.#o.dispatcher?.wake(step.lanes);
        this.#o.moved(tenantId, toMs);
      }
      await this.#o.ended(tenantId);
      const counts = this.#counts.get(tenantId) ?? (await countAttempts(this.#o.db.pool, run));
      return { ...counts, fromMs: run.fromMs, toMs };
    } finally {
      this.#counts.delete(tenantId);
    }
  }

  /** One due instant: the clock goes there and what is due becomes ready, in one transaction; or the run ends. */
  async #step(run: ClockRun): Promise<{ more: boolean; nowMs: number; lanes: number[] }> {
    const { tenantId, targetMs } = run;
    return this.#o.db.transaction(async (client) => {
      const clock = await readTenantClock(client, tenantId, 'update');
      const nowMs = clock?.nowMs ?? run.fromMs;
      if (clock?.mode !== 'manual' || !(await renewRun(client, run)))
        return { more: false, nowMs, lanes: [] };
      const dueMs = await nextDue(client, tenantId);
      if (dueMs !== null && (targetMs === null || dueMs <= targetMs)) {
        const atMs = Math.max(nowMs, dueMs);
        await moveTo(client, tenantId, atMs);
        return { more: true, nowMs: atMs, lanes: await promoteTenant(client, tenantId, atMs) };
      }
      const endMs = Math.max(nowMs, targetMs ?? nowMs);
      await moveTo(client, tenantId, endMs);
      await finishRun(client, run);
      return { more: false, nowMs: endMs, lanes: [] };
    });
  }

  async #settledThere(run: ClockRun): Promise<void> {
    const { db, dispatcher } = this.#o;
    let renewedMs = this.#o.monotonic();
    while (!this.#stopped) {
      await dispatcher?.quiet(run.tenantId);
      if (!(await isBusy(db.pool, run.tenantId))) return;
      if (this.#o.monotonic() - renewedMs > 3_000) {
        if (!(await renewRun(db.pool, run))) return;
        renewedMs = this.#o.monotonic();
      }
      await new Promise((done) => setTimeout(done, dispatcher ? 2 : POLL_MS));
    }
  }
}
