import supertest from 'supertest';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
import { type Asker, apiOf } from '../support/api.js';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.js';
import { useWorld, type World } from '../support/world.js';

const world = useWorld({ env: { RINGER_ROLE: 'api' } });

const EVENT = { provider: 'noyo', type: 'difference.created' };
const HOOK = { provider: 'noyo', url: 'https://c.example/' };

let at: string;
let tenantId: string;
let ask: Asker;
let sub: string;
let key: string;
beforeEach(async () => {
  const made = await world.tenant();
  const { id, publicId } = made;
  key = made.key;
  tenantId = id;
  at = `/tenants/${publicId}`;
  ask = apiOf(world).as(key);
  sub = (await ask.post(`${at}/subscriptions`, HOOK)).body.id;
});

/** Every POST that must not happen twice, and how often it did. */
const POSTS: [what: string, path: () => string, body: () => object, table: string, before: number][] = [
  ['a publish', () => `${at}/events`, () => EVENT, 'event', 0],
  ['a batch', () => `${at}/events/batch`, () => ({ events: [EVENT] }), 'event', 0],
  ['a test event', () => `${at}/subscriptions/${sub}/test`, () => ({}), 'event', 0],
  ['a publish with an id', () => `${at}/events`, () => ({ ...EVENT, eventId: tenantId }), 'event', 0],
  ['a subscription', () => `${at}/subscriptions`, () => HOOK, 'subscription', 1],
  ['a rotation', () => `${at}/subscriptions/${sub}/secrets`, () => ({}), 'subscription_secret', 1],
];

const rows = async (table: string) =>
  (await world.app.context.db.pool.query(`SELECT 1 FROM ${table} WHERE tenant_id = $1`, [tenantId])).rows
    .length;

describe('a request that breaks off after its work was done', () => {
  it.each(POSTS.slice(0, 5))(
    '%s: the same key gets the first answer',
    async (_, path, body, table, before) => {
      const { stream } = world.app.context;
      const publish = stream.publish;
      const follow = stream.follow(tenantId, null, () => {});
      stream.publish = () => {
        throw new Error('after commit');
      };
      const first = await ask
        .post(path(), body())
        .set('Idempotency-Key', 'k')
        .then((answer) => answer);
      stream.publish = publish;
      follow();
      expect(first.body).toMatchObject({ status: 500, code: 'internal' });
      const again = await ask.post(path(), body()).set('Idempotency-Key', 'k');
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect(await rows(table)).toBe(before + 1);
      const third = await ask.post(path(), body()).set('Idempotency-Key', 'k');
      expect([third.status, third.body]).toEqual([again.status, again.body]);
    },
  );

  it('one that breaks off before is not there, and its key is free', async () => {
    const { pool } = world.app.context.db;
    await pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$`,
    );
    await pool.query(
      `CREATE TRIGGER refuse BEFORE UPDATE OF status ON idempotent_answer FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const first = await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'k');
    await pool.query('DROP TRIGGER refuse ON idempotent_answer');
    await pool.query('DROP FUNCTION refuse');
    expect(first.body).toMatchObject({ status: 500 });
    expect(await rows('event')).toBe(0);
    const again = await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'k');
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, undefined]);
    expect(await rows('event')).toBe(1);
  });
});

describe('a front door’s POST with an Idempotency-Key', () => {
  const knock = (path: string, body: object) =>
    supertest(apiOf(world).app)
      .post(`/voyado/api/v1${path}`)
      .set('Authorization', `Bearer ${key}`)
      .set('Idempotency-Key', 'k')
      .send(body);
  const message = { eventType: 'order.placed', payload: { a: 1, b: [' '] }, channels: ['c'], tags: ['t'] };
  const POSTED: [what: string, path: string, body: object, table: string][] = [
    ['a message', '/app/default/msg', message, 'event'],
    ['an application', '/app', { name: 'Shop' }, 'door_record'],
    ['an event type', '/event-type', { name: 'order.placed', description: 'An order' }, 'door_record'],
  ];

  it.each(POSTED)('%s: is not there without its answer, and once with it', async (_, path, body, table) => {
    const { pool } = world.app.context.db;
    await pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$`,
    );
    await pool.query(
      `CREATE TRIGGER refuse BEFORE UPDATE OF status ON idempotent_answer FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const first = await knock(path, body);
    await pool.query('DROP TRIGGER refuse ON idempotent_answer');
    await pool.query('DROP FUNCTION refuse');
    expect(first.status).toBe(500);
    expect(await rows(table)).toBe(0);
    const second = await knock(path, body);
    expect([second.status < 300, second.headers['idempotency-replayed']]).toEqual([true, undefined]);
    const third = await knock(path, body);
    expect(third.headers['idempotency-replayed']).toBe('true');
    expect([third.status, third.body]).toEqual([second.status, second.body]);
    expect(await rows(table)).toBe(1);
  });

  it('a message that breaks off after its commit gets its answer, as a read shows it', async () => {
    const { stream } = world.app.context;
    const publish = stream.publish;
    const follow = stream.follow(tenantId, null, () => {});
    stream.publish = () => {
      throw new Error('after commit');
    };
    const first = await knock('/app/default/msg', message);
    stream.publish = publish;
    follow();
    expect(first.status).toBe(500);
    const again = await knock('/app/default/msg', message);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    const read = await supertest(apiOf(world).app)
      .get(`/voyado/api/v1/app/default/msg/${again.body.id}`)
      .set('Authorization', `Bearer ${key}`);
    expect(read.body).toEqual(again.body);
    expect(read.body).toMatchObject({ ...message, deliverAt: null, eventId: null });
    expect(await rows('event')).toBe(1);
  });
});

if (inject('server')) {
  describe('a line to the database that breaks between the commit and its answer', () => {
    it.each(POSTS)(
      '%s: the same key gets the answer, and it happened once',
      async (_, path, body, table, before) => {
        await using proxy: CuttingProxy = await cuttingProxy(world.config.databaseUrl!);
        const app = await createApp({ log: silentLog, config: { ...world.config, databaseUrl: proxy.url } });
        const { key } = await world.app.services.keys.create(tenantId, {});
        const through = apiOf({ ...world, app } as World).as(key!);
        const lost = proxy.loseNextCommit();
        const first = await through.post(path(), body()).set('Idempotency-Key', 'k');
        await lost;
        expect(first.body).toMatchObject({ status: 503, code: 'database_unavailable' });
        expect(await rows(table)).toBe(before + 1);
        const again = await through.post(path(), body()).set('Idempotency-Key', 'k');
        expect(again.status).toBeLessThan(300);
        expect(again.headers['idempotency-replayed']).toBe('true');
        expect(await rows(table)).toBe(before + 1);
        await app.stop();
      },
    );

    it('a request whose key was taken over while it stood still is undone, and says so', async () => {
      const { pool } = world.app.context.db;
      const holder = await pool.connect();
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM tenant WHERE id = $1 FOR UPDATE', [tenantId]);
      const post = () =>
        ask
          .post(`${at}/events`, EVENT)
          .set('Idempotency-Key', 'k')
          .then((answer) => answer);
      const taken = async () => {
        const { rows } = await pool.query<{ holder: string }>(
          'SELECT holder FROM idempotent_answer WHERE tenant_id = $1',
          [tenantId],
        );
        return rows[0]?.holder;
      };
      const first = post();
      await expect.poll(taken, { timeout: 20_000 }).toBeDefined();
      const before = await taken();
      // As a process that gave no sign of life for 8 s.
      const stale = setInterval(
        () =>
          void pool.query(
            `UPDATE idempotent_answer SET created_at = now() - interval '9 seconds' WHERE tenant_id = $1 AND holder = $2`,
            [tenantId, before],
          ),
        20,
      );
      const second = post();
      await expect.poll(taken, { timeout: 20_000 }).not.toBe(before);
      clearInterval(stale);
      await holder.query('COMMIT');
      holder.release();
      const answers = await Promise.all([first, second]);
      expect(answers.map(({ status }) => status)).toEqual([409, 202]);
      expect(answers[0]!.body.code).toBe('idempotency_conflict');
      expect(await rows('event')).toBe(1);
    });
  });
}
