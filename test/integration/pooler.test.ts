import { describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { poolerIn } from '../../src/store/pooler.js';
import { clockAheadMs } from '../../src/store/readiness.js';
import { setScene } from '../support/scene.js';
import { cloneDatabase, testConfig, useWorld } from '../support/world.js';

describe('the flag that says a pooler is in between', () => {
  it('is read from the URL and taken out of it', () => {
    const given = 'postgresql://u:p%23@h:6432/db?pgbouncer=true&sslmode=require';
    expect(poolerIn(given)).toEqual({ url: 'postgresql://u:p%23@h:6432/db?sslmode=require', pooled: true });
    for (const url of ['postgresql://h/db', 'postgresql://h/db?pgbouncer=false'])
      expect(poolerIn(url)).toEqual({ url, pooled: false });
  });
});

/** As an operator sets up the role: what the sessions of a pooler cannot bring along. */
const ROLE = `SET timezone = 'UTC'; SET statement_timeout = '10s'; SET lock_timeout = '10s';
  SET idle_in_transaction_session_timeout = '30s'`;

// There is nothing in front of an embedded database.
if (inject('server') !== null)
  describe('behind a pooler in transaction mode', () => {
    const world = useWorld();

    async function behindPooler<T>(work: (url: string) => Promise<T>, prepared = ROLE): Promise<T> {
      const { url, drop } = await cloneDatabase();
      const name = new URL(url!).pathname.slice(1);
      const direct = await openDatabase({ url, dir: null });
      // For the database, where an operator would take the role: other tests share the role.
      for (const line of prepared.split(';').filter((part) => part.trim() !== ''))
        await direct.pool.query(`ALTER DATABASE ${name} ${line}`);
      await direct.close();
      try {
        return await work(`${url}?pgbouncer=true`);
      } finally {
        await drop!();
      }
    }
    const settingsOf = async (db: Database, on: 'pool' | 'hot') =>
      (await db[on].query("SELECT current_setting('enable_seqscan') AS scan")).rows[0].scan;

    it('no statement is prepared under a name, and the dispatcher’s are planned as ever', async () => {
      await behindPooler(async (url) => {
        const db = await openDatabase({ url, dir: null });
        const prepared = async (client: { query: Database['pool']['query'] }) =>
          (await client.query('SELECT count(*)::int AS n FROM pg_prepared_statements')).rows[0].n;
        expect([await settingsOf(db, 'hot'), await settingsOf(db, 'pool')]).toEqual(['off', 'on']);
        for (const hot of [true, false]) {
          const found = await db.transaction(
            async (client) => {
              await client.query({ name: 'named', text: 'SELECT $1::int', values: [1] });
              const { rows } = await client.query("SELECT current_setting('enable_seqscan') AS scan");
              return [await prepared(client), rows[0].scan];
            },
            { hot },
          );
          expect(found).toEqual([0, hot ? 'off' : 'on']);
        }
        await db.pool.query({ name: 'named', text: 'SELECT $1::int', values: [1] });
        expect(await prepared(db.pool)).toBe(0);
        // What was set for one transaction is gone with it, whoever gets the connection next.
        await db.hot.query('SELECT 1');
        const { rows } = await db.transaction((client) =>
          client.query("SELECT current_setting('statement_timeout') AS limit_"),
        );
        expect(rows[0].limit_).toBe('10s');
        await db.close();
      });
    });

    it('events are published, delivered, retried and counted', async () => {
      await behindPooler(async (url) => {
        const app = await createApp({ config: testConfig(url), log: silentLog });
        const scene = await setScene(world, 'noyo', { app });
        scene.consumer.answer((_, i) => (i < 3 ? 503 : 200));
        const id = await scene.publish();
        await scene.advance({ untilIdle: true });
        expect(await scene.delivery(id)).toMatchObject({ status: 'delivered', attemptCount: 4 });
        const live = await setScene(world, 'voyado', { app, clock: null, answers: 200 });
        const ids = await Promise.all(Array.from({ length: 20 }, () => live.publish()));
        for (const one of ids) await live.until(one, 'delivered');
        expect(live.consumer.received).toHaveLength(20);
        await app.stop();
      });
    });

    it('how far a machine’s clock is ahead of the database’s is known to the second', async () => {
      const { pool } = world.app.context.db;
      const found = await clockAheadMs(pool, () => Date.parse('2100-01-01T00:00:00Z'));
      const { rows } = await pool.query(
        "SELECT extract(epoch FROM timestamptz '2100-01-01Z' - now())::float8 * 1000 AS ms",
      );
      expect(Math.abs(found - rows[0].ms)).toBeLessThan(60_000);
    });

    it('nobody starts where a statement could wait for ever', async () => {
      await behindPooler(async (url) => {
        await expect(openDatabase({ url, dir: null })).rejects.toThrow(
          /could wait for ever: idle_in_transaction_session_timeout, lock_timeout, statement_timeout must be set/,
        );
      }, `SET timezone = 'UTC'`);
    });
  });
