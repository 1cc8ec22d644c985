import type { Queryable } from './tenant-clock.js';

export interface Readiness {
  writable: boolean;
  /** How many migrations are applied. */
  migrations: number;
}

export async function readReadiness(client: Queryable): Promise<Readiness> {
  const { rows } = await client.query<Readiness>(
    `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable,
       (SELECT count(*)::int FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL) AS migrations`,
  );
  return rows[0]!;
}

/** @returns how far this machine's clock is ahead of the database's, milliseconds; the time of the question counts half. */
export async function clockAheadMs(client: Queryable, now: () => number): Promise<number> {
  const askedAt = now();
  const { rows } = await client.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  );
  return Math.round((askedAt + now()) / 2 - rows[0]!.ms);
}
