import type { Log } from '../lib/log.js';
import { setTimeout as startTimer, clearTimeout as stopTimer } from '../lib/timers.js';
import type { Database } from '../store/database.js';
import { dropSpentFaults } from '../store/faults.js';
import { dropOldAnswers } from '../store/idempotent-answers.js';
import { dropDays, ensureDays } from '../store/partitions.js';
import { emptyOldBodies, heartbeat, signOff } from '../store/retention.js';
import { endAbandoned } from '../store/stopping.js';
import type { Clocks } from './clocks.js';
import type { Listeners } from './listeners.js';

export interface HousekeepingOptions {
  db: Database;
  clocks: Clocks;
  listeners: Listeners;
  log: Log;
  /** UUID of this process among the dispatchers. */
  dispatcherId: string;
  /** Real time, milliseconds: days of history are real days. */
  now(): number;
  historyDays: number;
  /** Whether this process sends; one that only takes requests still makes the days it writes into. */
  sends: boolean;
}

export interface Housekeeping {
  start(): Promise<void>;
  /** Bodies past a tenant's retention; after an advance, so that its end shows them gone. */
  retain(tenantId: string): Promise<void>;
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** A turn that failed is made up for so soon: what others wait for must be back when the database is. */
const AFTER_FAILURE_MS = 1_000;

interface Job {
  everyMs: number;
  /** In processes that do not send, too. */
  everywhere?: boolean;
  run(): Promise<unknown>;
}

/** What has to happen now and then. Each job stands alone: one that fails is logged and tried again at its next turn. */
export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { db, clocks, listeners, log, dispatcherId, historyDays } = options;
  const running = new Set<Promise<boolean>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let stopped = false;

  const jobs: Record<string, Job> = {
    heartbeat: { everyMs: 5_000, run: () => heartbeat(db.pool, dispatcherId) },
    listeners: { everyMs: 5_000, everywhere: true, run: () => listeners.announce() },
    advances: { everyMs: 10_000, run: () => clocks.adopt(false) },
    withdrawn: { everyMs: MINUTE_MS, run: () => endAbandoned(db.pool) },
    bodies: { everyMs: MINUTE_MS, run: () => emptyOldBodies(db.pool, null) },
    faults: { everyMs: MINUTE_MS, run: () => dropSpentFaults(db.pool) },
    answers: { everyMs: HOUR_MS, run: () => dropOldAnswers(db.pool) },
    days: {
      everyMs: HOUR_MS,
      everywhere: true,
      run: async () => {
        await ensureDays(db, options.now());
        await dropDays(db.pool, options.now(), historyDays);
      },
    },
  };

  /** @returns whether it was done. */
  const run = async (name: string, job: () => Promise<unknown>): Promise<boolean> => {
    const done = job().then(
      () => true,
      (error: Error) => {
        log.error(`housekeeping failed: ${name}`, { error: error.message });
        return false;
      },
    );
    running.add(done);
    const ok = await done;
    running.delete(done);
    return ok;
  };

  /** Counted from the end of the last turn, so that a slow one never meets itself. */
  const again = (name: string, job: Job, inMs = job.everyMs): void => {
    if (stopped) return;
    const turn = async () => {
      const done = await run(name, job.run);
      again(name, job, done ? job.everyMs : Math.min(job.everyMs, AFTER_FAILURE_MS));
    };
    timers.set(
      name,
      startTimer(() => void turn(), inMs),
    );
  };

  return {
    async start() {
      if (options.sends) await heartbeat(db.pool, dispatcherId);
      for (const [name, job] of Object.entries(jobs)) if (options.sends || job.everywhere) again(name, job);
    },
    async retain(tenantId) {
      await run('bodies', () => emptyOldBodies(db.pool, tenantId));
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) stopTimer(timer);
      await Promise.all(running);
      if (options.sends) await signOff(db.pool, dispatcherId).catch(() => {});
      await listeners.signOff().catch(() => {});
    },
  };
}
