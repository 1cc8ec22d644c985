import { clearTimeout, setTimeout } from '../lib/timers.js';
import { dispatcherSeenAgo } from '../store/clocks.js';
import { isTransient } from '../store/database.js';
import { readMigrations } from '../store/migrate.js';
import { readReadiness } from '../store/readiness.js';
import type { Context } from './context.js';

/** Whoever asks gives up soon, and a database that says nothing for this long is not one to send requests to, milliseconds. */
const SILENT_MS = 3_000;
/** A dispatcher that was not seen for this long is taken to be gone, seconds. */
const DISPATCHER_GONE_S = 15;

export interface ReadinessAnswer {
  ready: boolean;
  checks: { database: boolean; migrated: boolean; writable: boolean; dispatcher: boolean };
}

export interface ReadinessService {
  check(): Promise<ReadinessAnswer>;
  /** Whether this fault says that the database is out of reach, and not that there is a bug. */
  isOutage(error: unknown): boolean;
}

const NOTHING: ReadinessAnswer = {
  ready: false,
  checks: { database: false, migrated: false, writable: false, dispatcher: false },
};

export function readinessService({ db }: Pick<Context, 'db'>): ReadinessService {
  const migrations = readMigrations().length;
  const look = async (): Promise<ReadinessAnswer> => {
    const found = await readReadiness(db.pool);
    const seen = await dispatcherSeenAgo(db.pool);
    const checks = {
      database: true,
      migrated: found.migrations >= migrations,
      writable: found.writable,
      dispatcher: seen !== null && seen <= DISPATCHER_GONE_S,
    };
    return { ready: Object.values(checks).every(Boolean), checks };
  };
  return {
    async check() {
      let timer: NodeJS.Timeout | undefined;
      const silent = new Promise<ReadinessAnswer>((done) => {
        timer = setTimeout(() => done(NOTHING), SILENT_MS);
      });
      const answer = await Promise.race([look().catch(() => NOTHING), silent]);
      clearTimeout(timer);
      return answer;
    },
    isOutage: isTransient,
  };
}
