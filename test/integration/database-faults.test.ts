import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
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
}
