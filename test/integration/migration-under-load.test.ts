import { createHash } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { migrate, readMigrations } from '../../src/store/migrate.js';
import { eventually } from '../support/eventually.js';
import { useWorld } from '../support/world.js';

const world = useWorld({ env: { RINGER_ROLE: 'api' } });

const sql = 'ALTER TABLE "event" ADD COLUMN "later" TEXT;';
const later = {
  name: '29991231000000_later',
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
};

describe('a migration that meets somebody else’s lock', () => {
  it('gives way to those behind it, comes back, and is done once', { timeout: 120_000 }, async () => {
    const { pool } = world.app.context.db;
    const all = [...readMigrations(), later];
    if (!inject('server')) {
      expect(await migrate(pool, all)).toBe(1);
      expect(await migrate(pool, all)).toBe(0);
      return;
    }
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE event IN ROW SHARE MODE');
    const waiting = async () =>
      (
        await pool.query<{ pid: number; at: string }>(
          `SELECT pid, query_start::text AS at FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
             AND query LIKE 'ALTER TABLE%'`,
        )
      ).rows;
    const migrated = migrate(pool, all);
    const [first] = await eventually(async () => {
      const found = await waiting();
      expect(found).toHaveLength(1);
      return found;
    });
    // It waits anew: the first wait was given up.
    await eventually(async () => {
      const [now] = await waiting();
      expect(now?.at).not.toBe(first!.at);
    });
    await holder.query('ROLLBACK');
    holder.release();
    expect(await migrated).toBe(1);
    expect(await migrate(pool, all)).toBe(0);
  });
});

describe('a migration of a large database', () => {
  it('may take longer than any other statement, and waits for its locks as long as ever', async () => {
    const { pool } = world.app.context.db;
    const sql = `DO $$ BEGIN
      IF (SELECT setting::int BETWEEN 1 AND 60000 FROM pg_settings WHERE name = 'statement_timeout') THEN
        RAISE 'a long one is cut off after %', current_setting('statement_timeout'); END IF;
      IF current_setting('lock_timeout') <> '1500ms' THEN RAISE 'locks are waited for %', current_setting('lock_timeout'); END IF;
    END $$; SELECT 1;`;
    const long = {
      name: '29991231000001_long',
      sql,
      checksum: createHash('sha256').update(sql).digest('hex'),
    };
    expect(await migrate(pool, [...readMigrations(), later, long])).toBe(1);
  });
});
