import type { Ids } from '../lib/ids.js';
import type { Log } from '../lib/log.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import {
  adoptRuns,
  type ClockRun,
  countAttempts,
  finishRun,
  isBusy,
  keepsGoing,
  lookAround,
  moveTo,
  promoteTenant,
  type RunCounts,
  renewRun,
  setTarget,
} from '../store/clock-runs.js';
import type { Database } from '../store/database.js';
import { readTenantClock } from '../store/tenant-clock.js';
import { createWakeUps } from '../store/wake-up.js';
import type { Dispatcher } from './dispatcher.js';

export interface ClocksOptions {
  db: Database;
  /** The dispatcher of this process; null where another one sends. */
  dispatcher: Dispatcher | null;
  log: Log;
  ids: Ids;
  monotonic(): number;
  /** Publishes what was planned up to where the tenant's clock stands. */
  publishDue(tenantId: string): Promise<void>;
  /** After each instant: the clock stands there now. */
  moved(tenantId: string, nowMs: number): void;
  /** After the last instant, before the answer. */
  ended(tenantId: string): Promise<void>;
}

export interface AdvanceResult extends RunCounts {
  fromMs: number;
  toMs: number;
}

/** What one step did; `lanes` have something to send now. */
interface Step {
  more: boolean;
  /** Whether something is planned for where the clock stands. */
  planned: boolean;
  nowMs: number;
  lanes: number[];
  lease: string;
  targetMs: number | null;
}

/** How often to look whether another process has settled what is due, milliseconds. */
const POLL_MS = 25;
/** A third of a run's lease at most, milliseconds. */
const RENEW_MS = 3_000;

/**
 * Moves standing clocks. An advance fires each due instant in order, everything due and planned there together, and goes on
 * when all of it has settled. Where it stands is the tenant's clock itself, stored per instant, so that after a crash it goes on
 * from there and nothing is skipped.
 */
export class Clocks {
  readonly #o: ClocksOptions;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #wake: (lanes: readonly number[]) => void;
  #stopped = false;

  constructor(options: ClocksOptions) {
    this.#o = options;
    const { db, dispatcher } = options;
    this.#wake = dispatcher ? (lanes) => dispatcher.wake(lanes) : createWakeUps(db).wake;
  }

  /** Goes on with what a dead process left. @param all for the only process there is: nobody else can be at it. */
  async adopt(all: boolean): Promise<void> {
    for (const run of await adoptRuns(this.#o.db.pool, all, [...this.#running.keys()])) {
      this.#o.log.info('going on with an advance', { tenant: run.tenantId });
      void this.run(run).catch((error: Error) =>
        this.#o.log.error('advance failed', { error: error.message }),
      );
    }
  }

  run(run: ClockRun): Promise<AdvanceResult> {
    const result = this.#run(run);
    this.#running.set(
      run.id,
      result.catch(() => {}).finally(() => this.#running.delete(run.id)),
    );
    return result;
  }

  /** Lets the instant under way settle; the rest goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running.values());
  }

  async #run(run: ClockRun): Promise<AdvanceResult> {
    const { tenantId } = run;
    let toMs = run.fromMs;
    for (let going = true; going && !this.#stopped; ) {
      await this.#settledThere(run);
      const step = await this.#step(run);
      going = step.more;
      run.lease = step.lease;
      run.targetMs = step.targetMs;
      // First, so that who follows the clock is there when what is due there arrives.
      if (step.nowMs !== toMs) this.#o.moved(tenantId, step.nowMs);
      if (step.lanes.length > 0) this.#wake(step.lanes);
      toMs = step.nowMs;
      // Stays planned until its event is stored: whoever goes on after a crash finds it here, or finds the event.
      if (step.planned) await this.#o.publishDue(tenantId);
    }
    await this.#o.ended(tenantId);
    return { ...(await countAttempts(this.#o.db.pool, run)), fromMs: run.fromMs, toMs };
  }

  /** One due instant: the clock goes there and what is due becomes ready, in one transaction; or the run ends. */
  async #step(run: ClockRun): Promise<Step> {
    const { tenantId } = run;
    return this.#o.db.transaction(async (client) => {
      let { targetMs } = run;
      const clock = await readTenantClock(client, tenantId, 'update');
      const nowMs = clock?.nowMs ?? run.fromMs;
      const lease = clock?.mode === 'manual' ? await renewRun(client, run) : null;
      const still = { nowMs, lanes: [], planned: false };
      if (lease === null) return { ...still, more: false, lease: run.lease, targetMs };
      const { busy, deliveryMs, planMs, stepMs } = await lookAround(client, tenantId);
      // Planned or published since it was quiet, and before the clock was locked: that belongs to where the clock stands.
      const planned = planMs !== null && planMs <= nowMs;
      if (planned || busy) return { ...still, more: true, planned, lease, targetMs };
      const nextMs = earlier(deliveryMs, planMs);
      if (targetMs === Number.POSITIVE_INFINITY) {
        targetMs = nextMs ?? nowMs;
        await setTarget(client, run, targetMs);
      }
      const goesOn =
        targetMs !== null || stepMs !== null || (deliveryMs !== null && (await keepsGoing(client, run)));
      if (goesOn && nextMs !== null && (targetMs === null || nextMs <= targetMs)) {
        const atMs = Math.max(nowMs, nextMs);
        await moveTo(client, tenantId, atMs);
        const lanes = await promoteTenant(client, tenantId, atMs);
        return {
          more: true,
          nowMs: atMs,
          lanes,
          planned: planMs !== null && planMs <= atMs,
          lease,
          targetMs,
        };
      }
      const endMs = Math.max(nowMs, targetMs ?? nowMs);
      await moveTo(client, tenantId, endMs);
      await finishRun(client, run, this.#o.ids.next());
      return { ...still, more: false, nowMs: endMs, lease, targetMs };
    });
  }

  /** Until nothing of the tenant is due or in flight, or the run is no longer ours. */
  async #settledThere(run: ClockRun): Promise<void> {
    const { db, dispatcher } = this.#o;
    let renewedMs = this.#o.monotonic();
    while (!this.#stopped) {
      const quiet = dispatcher === null || (await within(dispatcher.quiet(run.tenantId), RENEW_MS));
      if (quiet && !(await isBusy(db.pool, run.tenantId))) return;
      if (!quiet || this.#o.monotonic() - renewedMs >= RENEW_MS) {
        const lease = await renewRun(db.pool, run);
        if (lease === null) return;
        run.lease = lease;
        renewedMs = this.#o.monotonic();
      }
      if (quiet) await pause(dispatcher ? 2 : POLL_MS);
    }
  }
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** @returns false when it takes longer than `ms`. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
