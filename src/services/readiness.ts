import { dispatcherSeenAgo } from '../store/clocks.js';
import { isTransient } from '../store/database.js';
import { readMigrations } from '../store/migrate.js';
import { readReadiness } from '../store/readiness.js';
import type { Context } from './context.js';

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

export function readinessService({ db }: Pick<Context, 'db'>): ReadinessService {
  const migrations = readMigrations().length;
  return {
    async check() {
      try {
        const found = await readReadiness(db.pool);
        const seen = await dispatcherSeenAgo(db.pool);
        const checks = {
          database: true,
          migrated: found.migrations >= migrations,
          writable: found.writable,
          dispatcher: seen !== null && seen <= DISPATCHER_GONE_S,
        };
        return { ready: Object.values(checks).every(Boolean), checks };
      } catch {
        return {
          ready: false,
          checks: { database: false, migrated: false, writable: false, dispatcher: false },
        };
      }
    },
    isOutage: isTransient,
  };
}
