import cron, { type ScheduledTask } from 'node-cron';
import type { Log } from '../lib/log.js';
import type { Database } from '../store/database.js';
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

/** Reading the schedules costs a start a twentieth of a second, so they come a little later, milliseconds. */
const SCHEDULED_AFTER_MS = 300;

// Taken at import, so that a consumer's fake timers never stop ours.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** What has to happen now and then. Each job stands alone: one that fails is logged and tried again at its next turn. */
export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { db, clocks, log, dispatcherId, historyDays } = options;
  const running = new Set<Promise<void>>();
  const tasks: ScheduledTask[] = [];
  let scheduling: NodeJS.Timeout | undefined;

  const jobs: Record<string, { cron: string; everywhere?: boolean; run(): Promise<unknown> }> = {
    heartbeat: { cron: '*/5 * * * * *', run: () => heartbeat(db.pool, dispatcherId) },
    advances: { cron: '*/10 * * * * *', run: () => clocks.adopt(false) },
    withdrawn: { cron: '20 * * * * *', run: () => endAbandoned(db.pool) },
    bodies: { cron: '40 * * * * *', run: () => emptyOldBodies(db.pool, null) },
    answers: { cron: '0 7 * * * *', run: () => dropOldAnswers(db.pool) },
    days: {
      cron: '0 13 * * * *',
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

  return {
    async start() {
      if (options.sends) await heartbeat(db.pool, dispatcherId);
      scheduling = startTimer(() => {
        for (const [name, job] of Object.entries(jobs)) {
          if (!options.sends && !job.everywhere) continue;
          tasks.push(cron.schedule(job.cron, () => run(name, job.run), { noOverlap: true, name }));
        }
      }, SCHEDULED_AFTER_MS);
    },
    retain: (tenantId) => run('bodies', () => emptyOldBodies(db.pool, tenantId)),
    async stop() {
      stopTimer(scheduling);
      for (const task of tasks) await task.destroy();
      await Promise.all(running);
      if (options.sends) await signOff(db.pool, dispatcherId).catch(() => {});
    },
  };
}
