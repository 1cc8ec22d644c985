import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { type Asker, apiOf } from '../support/api.js';
import { cuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { useWorld, type World } from '../support/world.js';

const world = useWorld({ env: { RINGER_ROLE: 'api' } });

let ask: Asker;
let at: string;

beforeAll(async () => {
  const { publicId, key } = await world.tenant();
  at = `/tenants/${publicId}`;
  ask = apiOf(world).as(key);
});

/** While a table takes no new rows and says why. */
async function whileRefused<T>(table: string, code: string, work: () => Promise<T>): Promise<T> {
  const { pool } = world.app.context.db;
  await pool.query(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'as a server in trouble says it' USING ERRCODE = '${code}'; END $$`);
  await pool.query(`CREATE TRIGGER broken BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION broken()`);
  try {
    return await work();
  } finally {
    await pool.query(`DROP TRIGGER broken ON ${table}`);
    await pool.query('DROP FUNCTION broken');
  }
}

const EVENT = { provider: 'novamed', type: 'order:created' };
const HOOK = { provider: 'novamed', url: 'http://127.0.0.1:9/hook' };

describe('a server in trouble is an outage, never a fault of ours', () => {
  it.each([
    ['a full disk', '53100'],
    ['no memory left', '53200'],
    ['too many connections', '53300'],
    ['read-only', '25006'],
    ['shutting down', '57P01'],
    ['a disk that cannot be read', '58030'],
  ])('%s (%s): 503 for an event and for a subscription, and all is well after it', async (_, code) => {
    const event = await whileRefused('event', code, () => ask.post(`${at}/events`, EVENT).then((a) => a));
    expect([event.status, event.body.code]).toEqual([503, 'database_unavailable']);
    const hook = await whileRefused('subscription', code, () =>
      ask.post(`${at}/subscriptions`, HOOK).then((a) => a),
    );
    expect([hook.status, hook.body.code]).toEqual([503, 'database_unavailable']);
    expect((await ask.post(`${at}/events`, EVENT)).status).toBe(202);
    expect((await ask.post(`${at}/subscriptions`, HOOK)).status).toBe(201);
  });

  it('what is a fault of ours is still called one', async () => {
    const event = await whileRefused('event', 'P0001', () => ask.post(`${at}/events`, EVENT).then((a) => a));
    expect([event.status, event.body.code]).toEqual([500, 'internal']);
  });
});

if (inject('server')) {
  it('a line on which nothing is said any more: not ready, 503, and well again with the line', async () => {
    await using proxy = await cuttingProxy(world.config.databaseUrl!);
    const config = { ...world.config, databaseUrl: proxy.url, role: 'all' as const };
    const app = await createApp({ log: silentLog, config });
    const through = apiOf({ ...world, app } as World).as(world.app.adminToken);
    const { readiness } = app.services;
    await eventually(async () => expect(await readiness.check()).toMatchObject({ ready: true }));
    proxy.freeze();
    expect(await readiness.check()).toMatchObject({ ready: false, checks: { database: false } });
    const refused = await through.post(`${at}/events`, EVENT);
    expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
    proxy.thaw();
    await eventually(async () => expect(await readiness.check()).toMatchObject({ ready: true }), 60_000);
    await eventually(
      async () => expect((await through.post(`${at}/events`, EVENT)).status).toBe(202),
      60_000,
    );
    await app.stop();
  }, 180_000);

  describe('a lost connection is given back, whoever keeps the error that told of it', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    let db: Database;
    /** Every connection that was made. */
    const made: WeakRef<object>[] = [];

    beforeAll(async () => {
      const url = new URL(world.config.databaseUrl!);
      url.searchParams.set('application_name', 'to be lost');
      db = await openDatabase({ url: url.href, dir: null });
      for (const pool of [db.pool, db.hot]) pool.on('connect', (client) => made.push(new WeakRef(client)));
    });
    afterAll(() => db.close());

    async function expectGivenBack(): Promise<void> {
      await eventually(() => {
        collect();
        expect(made.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
      }, 60_000);
    }

    it('idle', async () => {
      const others = world.app.context.db.pool;
      for (let i = 0; i < 3; i++) {
        await Promise.all([db.hot.query('SELECT 1'), db.prisma.tenant.count(), db.pool.query('SELECT 1')]);
        await others.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'to be lost'`,
        );
        await eventually(() => expect(db.pool.totalCount + db.hot.totalCount).toBe(0), 60_000);
      }
      expect(made.length).toBeGreaterThanOrEqual(5);
      await expectGivenBack();
    }, 180_000);

    it('in hand', async () => {
      const kept: Error[] = [];
      await loseInHand(kept);
      await expectGivenBack();
      expect(kept.length).toBe(1);
    }, 180_000);

    /** In a function of its own, so that no variable of the test holds it. */
    async function loseInHand(kept: Error[]): Promise<void> {
      const client = await db.pool.connect();
      client.on('error', (error) => kept.push(error));
      // Never through `expect`: it keeps what it is given, and reads an error's stack.
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => {});
      await eventually(() => expect(kept.length).toBe(1), 60_000);
      client.release(true);
    }
  });
}
