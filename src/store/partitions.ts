import type pg from 'pg';
import { firstIdAt } from '../lib/ids.js';
import type { Database } from './database.js';
import type { Queryable } from './tenant-clock.js';

const DAY_MS = 86_400_000;
/** Tables whose rows belong to the day in their id. */
export const HISTORY_TABLES = ['event', 'finished_delivery', 'attempt'] as const;
/** How many days lie ready ahead of today. */
const AHEAD = 3;

/** Any number of ours; processes that start together take turns making days. */
const LOCK = 7_164_402_118;

/**
 * Makes the days from yesterday to three days ahead, all or none. What lies in the default partition because its day was not
 * there in time moves into it. A day is attached, not created in place: that takes a lock that lets the other days go on.
 */
export async function ensureDays(db: Pick<Database, 'pool' | 'transaction'>, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  const wanted = HISTORY_TABLES.flatMap((table) =>
    Array.from({ length: AHEAD + 2 }, (_, i) => ({
      table,
      day: today - 1 + i,
      name: `${table}_${dayName(today - 1 + i)}`,
    })),
  );
  if ((await missing(db.pool, wanted)).length === 0) return;
  await db.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    for (const day of await missing(client, wanted)) await attachDay(client, day);
  });
}

interface Day {
  table: string;
  day: number;
  name: string;
}

async function missing(client: Queryable, wanted: readonly Day[]): Promise<Day[]> {
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relkind = 'r' AND relispartition AND relname = ANY($1)`,
    [wanted.map(({ name }) => name)],
  );
  const attached = new Set(rows.map((row) => row.relname));
  return wanted.filter(({ name }) => !attached.has(name));
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

async function attachDay(client: Queryable, { table, day, name }: Day): Promise<void> {
  const [from, to] = [firstIdAt(day * DAY_MS), firstIdAt((day + 1) * DAY_MS)];
  await client.query(`CREATE TABLE IF NOT EXISTS "${name}" (LIKE "${table}" INCLUDING ALL)`);
  await client.query(
    `WITH moved AS (DELETE FROM "${table}_default" WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO "${name}" SELECT * FROM moved`,
    [from, to],
  );
  await client.query(
    `ALTER TABLE "${table}" ATTACH PARTITION "${name}" FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}
