import type { Log } from '../lib/log.js';
import type { Database } from '../store/database.js';
import { dropSpentFaults } from '../store/faults.js';
import { dropOldAnswers } from '../store/idempotent-answers.js';
import { dropDays, ensureDays } from '../store/partitions.js';
import { emptyOldBodies, heartbeat, signOff } from '../store/retention.js';
import { endAbandoned } from '../store/stopping.js';
import type { Clocks } from './clocks.js';

export interface HousekeepingOptions {
  db: Database;
  clocks: Clocks;
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

// Taken at import, so that a consumer's fake timers never stop ours.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Job {
  everyMs: number;
  /** In processes that do not send, too. */
  everywhere?: boolean;
  run(): Promise<unknown>;
}

/** What has to happen now and then. Each job stands alone: one that fails is logged and tried again at its next turn. */
export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { db, clocks, log, dispatcherId, historyDays } = options;
  const running = new Set<Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let stopped = false;

  const jobs: Record<string, Job> = {
    heartbeat: { everyMs: 5_000, run: () => heartbeat(db.pool, dispatcherId) },
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

  const run = async (name: string, job: () => Promise<unknown>): Promise<void> => {
    const done = job().then(
      () => {},
      (error: Error) => log.error(`housekeeping failed: ${name}`, { error: error.message }),
    );
    running.add(done);
    await done;
    running.delete(done);
  };

  /** Counted from the end of the last turn, so that a slow one never meets itself. */
  const again = (name: string, job: Job): void => {
    if (stopped) return;
    timers.set(
      name,
      startTimer(() => void run(name, job.run).then(() => again(name, job)), job.everyMs),
    );
  };

  return {
    async start() {
      if (options.sends) await heartbeat(db.pool, dispatcherId);
      for (const [name, job] of Object.entries(jobs)) if (options.sends || job.everywhere) again(name, job);
    },
    retain: (tenantId) => run('bodies', () => emptyOldBodies(db.pool, tenantId)),
    async stop() {
      stopped = true;
      for (const timer of timers.values()) stopTimer(timer);
      await Promise.all(running);
      if (options.sends) await signOff(db.pool, dispatcherId).catch(() => {});
    },
  };
}
