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
