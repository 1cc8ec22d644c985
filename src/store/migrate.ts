import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pRetry from 'p-retry';
import type pg from 'pg';
import { ConfigError } from '../config.js';
import { isConflict, isLockTimeout } from './database.js';
import { runLong } from './run-long.js';

const FOLDER = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));
/** Any number of ours; every starting process takes this lock, so migrations run once. */
const LOCK = 7_164_402_117;

/** The table Prisma keeps, so that `prisma migrate deploy` and this runner see each other's work. */
const BOOK = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

export function readMigrations(folder: string = FOLDER): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** Others wait behind a lock that is waited for: so long at most, then they go first, milliseconds. */
const LOCK_WAIT_MS = 1_500;

/**
 * Brings the database to this version, all or nothing, once however many processes start together. Under load it gives way
 * to those it meets, and comes back.
 * @returns how many migrations were applied.
 * @throws ConfigError when the database is newer than this program or a migration was edited after it was applied.
 */
export function migrate(pool: pg.Pool, migrations: readonly Migration[] = readMigrations()): Promise<number> {
  return pRetry(() => migrateOnce(pool, migrations), {
    retries: 12,
    minTimeout: 100,
    maxTimeout: 2_000,
    randomize: true,
    shouldRetry: ({ error }) => isConflict(error) || isLockTimeout(error),
  });
}

async function migrateOnce(pool: pg.Pool, migrations: readonly Migration[]): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(BOOK);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL',
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    refuseForeign(applied, migrations);
    const missing = migrations.filter((m) => !applied.has(m.name));
    if (missing.length > 0) await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
    for (const migration of missing) {
      // An index over some millions of rows takes longer than any statement of the work.
      await runLong(client, migration.sql, []);
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
         VALUES ($1, $2, now(), $3, 1)`,
        [randomUUID(), migration.checksum, migration.name],
      );
    }
    await client.query('COMMIT');
    return missing.length;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

function refuseForeign(applied: ReadonlyMap<string, string>, known: readonly Migration[]): void {
  const names = new Set(known.map((m) => m.name));
  const newer = [...applied.keys()].filter((name) => !names.has(name));
  if (newer.length > 0) {
    throw new ConfigError(
      `The database has migrations this version does not know (${newer.join(', ')}). Start a newer version.`,
    );
  }
  for (const { name, checksum } of known) {
    if (applied.has(name) && applied.get(name) !== checksum) {
      throw new ConfigError(
        `Migration ${name} was changed after it was applied. Restore the file as it was released.`,
      );
    }
  }
}
