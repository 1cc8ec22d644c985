import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import type { App } from '../../src/app.js';
import { createWakeUps, listenForReady } from '../../src/store/wake-up.js';
import type { Consumer } from '../support/consumer.js';
import { killApp } from '../support/dead.js';
import { eventually } from '../support/eventually.js';
import { gate, HOUR, refusalOf, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** This app publishes and sends nothing; on a server others are started beside it. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });

const sender = (): Promise<App> => world.another({ config: { ...world.config, role: 'all' } });
const ORDER = { provider: 'novamed', type: 'order:created' };

const eventIds = ({ received }: Consumer) =>
  received.map(({ body }) => JSON.parse(body.toString()).event_id as string);

describe('k', () => {
  it('k: with nobody alive to send, an advance is refused with no_dispatcher', async () => {
    const scene = await setScene(world, 'novamed');
    expect(await refusalOf(scene.advance({ by: 0 }))).toBe('no_dispatcher');
    expect(await scene.services.clock.read(scene.tenantId)).toMatchObject({ running: false });
  });

  it('k: so it is when the last one has not been seen for a while', async () => {
    const { pool } = world.app.context.db;
    await pool.query(
      `INSERT INTO dispatcher (id, seen_at) VALUES (gen_random_uuid(), now() - interval '16 seconds')`,
    );
    const scene = await setScene(world, 'novamed');
    expect(await refusalOf(scene.advance({ by: 0 }))).toBe('no_dispatcher');
  });
});

describe('what the others are told', () => {
  it('is heard too where it goes together with something else', async () => {
    if (!world.onServer) return;
    const heard = { lanes: new Set<number>(), plans: 0 };
    const add = (lanes: readonly number[]) => {
      for (const lane of lanes) heard.lanes.add(lane);
    };
    const stop = listenForReady(world.config.databaseUrl!, {
      nudge: add,
      wake: add,
      planned: () => {
        heard.plans += 1;
      },
    });
    try {
      const tell = createWakeUps(world.app.context.db);
      await eventually(() => {
        tell.nudge([1]);
        expect(heard.lanes).toContain(1);
      });
      expect(heard.plans).toBe(0);
      // The first goes at once, the others together after it.
      tell.nudge([2]);
      tell.wake([3]);
      tell.planned();
      await eventually(() => expect(heard.plans).toBe(1));
      expect(heard.lanes).toEqual(new Set([1, 2, 3]));
      tell.planned();
      await eventually(() => expect(heard.plans).toBe(2));
    } finally {
      await stop();
    }
  });
});

describe('one dispatcher', () => {
  it('keeps at most ten in flight for a subscription, and a hung one keeps nobody else waiting', async () => {
    const app = await sender();
    const hung = await setScene(world, 'novamed', { app, answers: 200 });
    const other = await setScene(world, 'novamed', { app, answers: 200, tenantId: hung.tenantId });
    const answer = gate();
    let most = 0;
    let now = 0;
    hung.consumer.answer(async () => {
      most = Math.max(most, ++now);
      const status = await answer.answer();
      now -= 1;
      return status;
    });
    await app.services.publish.batch(hung.tenantId, new Array(40).fill(ORDER));
    await other.consumer.got(40);
    expect(hung.consumer.received).toHaveLength(10);
    for (let i = 0; i < 50; i++) await turn();
    expect(hung.consumer.received).toHaveLength(10);
    answer.open(200);
    expect(await hung.advance({ untilIdle: true })).toMatchObject({ delivered: 80, pending: 0 });
    expect(most).toBe(10);
    expect(new Set(eventIds(hung.consumer)).size).toBe(40);
  });

  it('keeps to the cap that the subscription was given, retries and first attempts together', async () => {
    const app = await sender();
    const scene = await setScene(world, 'novamed', { app, maxInFlight: 3 });
    await app.services.publish.batch(scene.tenantId, new Array(6).fill(ORDER));
    await scene.advance({ by: 0 });
    const answer = gate();
    let most = 0;
    let now = 0;
    scene.consumer.answer(async () => {
      most = Math.max(most, ++now);
      const status = await answer.answer();
      now -= 1;
      return status;
    });
    const advance = scene.advance({ toNext: true });
    await scene.consumer.got(6 + 3);
    await app.services.publish.batch(scene.tenantId, new Array(6).fill(ORDER));
    for (let i = 0; i < 50; i++) await turn();
    expect(scene.consumer.received).toHaveLength(6 + 3);
    answer.open(200);
    expect(await advance).toMatchObject({ delivered: 12 });
    expect(most).toBe(3);
  });
});

// What needs several connections exists only on a server.
if (inject('server') !== null) {
  describe('two dispatchers on one PostgreSQL', () => {
    it('never send one claim twice', async () => {
      const apps = [await sender(), await sender()];
      const scenes = [await setScene(world, 'novamed', { answers: 200, clock: null })];
      const [{ tenantId }] = scenes as [(typeof scenes)[number]];
      for (let i = 1; i < 4; i++) scenes.push(await setScene(world, 'novamed', { answers: 200, tenantId }));
      const before = apps.map((app) => app.dispatcher!.totals.claimed);
      for (let i = 0; i < 5; i++)
        await world.app.services.publish.batch(tenantId, new Array(100).fill(ORDER));
      for (const { consumer } of scenes) await consumer.got(500);
      await eventually(async () => {
        const { rows } = await world.app.context.db.pool.query(
          'SELECT count(*)::int AS open FROM open_delivery WHERE tenant_id = $1',
          [tenantId],
        );
        expect(rows).toEqual([{ open: 0 }]);
      });
      for (const { consumer } of scenes) {
        expect(consumer.received).toHaveLength(500);
        expect(new Set(eventIds(consumer)).size).toBe(500);
      }
      const { rows } = await world.app.context.db.pool.query(
        `SELECT number, outcome, count(*)::int AS count FROM attempt WHERE tenant_id = $1 GROUP BY 1, 2`,
        [tenantId],
      );
      expect(rows).toEqual([{ number: 1, outcome: 'delivered', count: 2_000 }]);
      const shares = apps.map((app, i) => app.dispatcher!.totals.claimed - before[i]!);
      expect(Math.min(...shares)).toBeGreaterThan(0);
    });

    it('an advance waits for what either of them sends, and tells all of it', async () => {
      const [app] = [await sender(), await sender()];
      const scene = await setScene(world, 'novamed', { app, maxInFlight: 50 });
      await world.app.services.publish.batch(scene.tenantId, new Array(60).fill(ORDER));
      const result = await scene.advance({ untilIdle: true });
      expect(result).toMatchObject({ attempts: 300, failed: 60, pending: 0 });
      expect(scene.consumer.received).toHaveLength(300);
      const { rows } = await world.app.context.db.pool.query(
        `SELECT DISTINCT extract(epoch FROM started_at)::float8 * 1000 - $2 AS ms FROM attempt WHERE tenant_id = $1 ORDER BY 1`,
        [scene.tenantId, START],
      );
      expect(rows.map(({ ms }) => ms)).toEqual([0, 60_000, 360_000, 1_260_000, 4_860_000]);
    });

    it('the survivor takes over what a dead one had in flight, with nobody restarting it', async () => {
      const dead = await sender();
      const scene = await setScene(world, 'novamed', { app: dead, clock: null });
      const hanging = gate();
      scene.consumer.answer(hanging.answer);
      await dead.services.publish.batch(scene.tenantId, new Array(10).fill(ORDER));
      await scene.consumer.got(10);
      killApp(dead);
      scene.consumer.answer(200);
      const { pool } = world.app.context.db;
      await sender();
      await pool.query(
        `UPDATE open_delivery SET lease_until = now() + interval '1 second' WHERE tenant_id = $1`,
        [scene.tenantId],
      );
      await scene.consumer.got(20);
      hanging.open(200);
      await eventually(async () => {
        const { data } = await world.app.services.history.deliveries(scene.tenantId, { limit: 50 });
        expect(data.map(({ status, attemptCount }) => [status, attemptCount])).toEqual(
          new Array(10).fill(['delivered', 1]),
        );
      });
      expect(scene.consumer.received).toHaveLength(20);
    });

    it('what a process plans that sends nothing is told to those that send', async () => {
      const scene = await setScene(world, 'noyo');
      const client = new pg.Client({ connectionString: world.config.databaseUrl! });
      const heard: (string | undefined)[] = [];
      client.on('notification', ({ payload }) => heard.push(payload));
      await client.connect();
      try {
        await client.query('LISTEN ringer_ready');
        await scene.services.schedules.add(scene.tenantId, {
          cron: '0 * * * *',
          provider: 'noyo',
          type: 'difference.created',
        });
        // Of no lane: nothing is ready, something is planned.
        await eventually(() => expect(heard).toContain('+'));
      } finally {
        await client.end();
      }
    });

    it('an advance asked of a process that sends nothing wakes the one that does, at every instant', async () => {
      await sender();
      const scene = await setScene(world, 'noyo');
      const id = await scene.publish();
      const before = performance.now();
      const result = await scene.advance({ untilIdle: true });
      // Without being woken, sixteen looks of its own would take 29 s.
      expect(performance.now() - before).toBeLessThan(20_000);
      expect(result).toMatchObject({ attempts: 16, failed: 1 });
      expect(await scene.offsets(id)).toHaveLength(16);
      expect(await scene.now()).toBe(START + 72 * HOUR);
    });
  });
}
