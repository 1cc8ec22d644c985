import type pg from 'pg';
import { firstIdAt } from '../lib/ids.js';

const DAY_MS = 86_400_000;
/** Tables whose rows belong to the day in their id. */
export const HISTORY_TABLES = ['event', 'finished_delivery', 'attempt'] as const;
/** How many days lie ready ahead of today. */
const AHEAD = 3;

/**
 * Makes the days from yesterday to three days ahead. A day is attached, not created in place: that takes a lock that lets
 * reading and writing of the other days go on.
 */
export async function ensureDays(pool: pg.Pool, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  const { rows } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relkind = 'r' AND relispartition AND relname ~ '_\\d{8}$'`,
  );
  const existing = new Set(rows.map((row) => row.relname));
  for (const table of HISTORY_TABLES) {
    for (let day = today - 1; day <= today + AHEAD; day++) {
      const name = `${table}_${dayName(day)}`;
      if (!existing.has(name)) await attachDay(pool, table, name, day);
    }
  }
}

/** Drops whole days older than `keepDays` real days. @returns the names dropped. */
export async function dropDays(pool: pg.Pool, nowMs: number, keepDays: number): Promise<string[]> {
  const oldest = dayName(Math.floor(nowMs / DAY_MS) - keepDays);
  const { rows } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relkind = 'r' AND relispartition
      AND relname ~ '^(${HISTORY_TABLES.join('|')})_\\d{8}$' AND right(relname, 8) < $1`,
    [oldest],
  );
  for (const { relname } of rows) await pool.query(`DROP TABLE "${relname}"`);
  return rows.map((row) => row.relname);
}

async function attachDay(pool: pg.Pool, table: string, name: string, day: number): Promise<void> {
  const [from, to] = [firstIdAt(day * DAY_MS), firstIdAt((day + 1) * DAY_MS)];
  try {
    await pool.query(`CREATE TABLE "${name}" (LIKE "${table}" INCLUDING ALL)`);
    await pool.query(
      `ALTER TABLE "${table}" ATTACH PARTITION "${name}" FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}

/** Another process made the same day at the same moment. */
function isDuplicate(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === '42P07' || error.code === '23505' || error.code === '42P17')
  );
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}
