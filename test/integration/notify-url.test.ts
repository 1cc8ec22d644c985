import { describe, expect, it } from 'vitest';
import { NOTIFY_DELAYS_MS, Notifier } from '../../src/engine/notifier.js';
import type { Consumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { DAY, HOUR, refusalOf, type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const told = ({ received }: Consumer) => received.map(({ body }) => JSON.parse(body.toString()));

/** A scene whose tenant is told at an endpoint of its own. */
async function toldScene(provider: string, options: Parameters<typeof setScene>[2] = {}) {
  const scene = await setScene(world, provider, options);
  const ear = await world.consumer();
  await scene.services.tenants.update(scene.tenantId, { notifyUrl: ear.url });
  return { ...scene, ear };
}

const outbox = async (tenantId: string) =>
  (
    await world.app.context.db.pool.query<{ tries: number; wait: number }>(
      `SELECT tries, round(extract(epoch FROM due_at - now()))::int AS wait FROM notification WHERE tenant_id = $1`,
      [tenantId],
    )
  ).rows;

const at = (ms: number) => new Date(START + ms).toISOString();

describe('notifyUrl', () => {
  it('is told when a subscription turns unhealthy, and when it turns failed, without anything secret', async () => {
    const { ear, ...scene } = await toldScene('noyo');
    await scene.advance({ by: HOUR });
    await scene.publish();
    await scene.advance({ by: 0 });
    await ear.got(1);
    await scene.advance({ by: 7 * DAY });
    await scene.publish();
    await scene.advance({ by: 0 });
    await ear.got(2);
    const about = {
      tenantId: `ten_${scene.tenantId}`,
      subscriptionId: `sub_${scene.subscriptionId}`,
      provider: 'noyo',
      cause: 'health',
      since: at(HOUR),
    };
    expect(told(ear)).toEqual([
      {
        ...about,
        id: expect.stringMatching(/^ntf_/),
        type: 'subscription.unhealthy',
        status: 'unhealthy',
        at: at(HOUR),
      },
      {
        ...about,
        id: expect.stringMatching(/^ntf_/),
        type: 'subscription.failed',
        status: 'failed',
        at: at(HOUR + 7 * DAY),
      },
    ]);
    expect(ear.received[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^Ringer\//),
    });
    await eventually(async () => expect(await outbox(scene.tenantId)).toEqual([]));
  });

  it('is told when the endpoint itself, or a person, disables one', async () => {
    const { ear, ...scene } = await toldScene('voyado');
    scene.consumer.answer({ status: 400, headers: { 'webhook-delivery': 'disable' } });
    await scene.publish();
    await scene.advance({ by: 0 });
    await ear.got(1);
    const { services, tenantId, subscriptionId } = scene;
    await services.subscriptions.resume(tenantId, subscriptionId);
    await services.subscriptions.pause(tenantId, subscriptionId);
    await services.subscriptions.update(tenantId, subscriptionId, { active: false });
    await ear.got(2);
    expect(told(ear)).toMatchObject([
      { type: 'subscription.disabled', cause: 'endpoint' },
      { type: 'subscription.disabled', cause: 'user', since: null },
    ]);
  });

  it('is told again, later and under the same id, until it answers with 2xx', async () => {
    const { ear, ...scene } = await toldScene('noyo');
    ear.answer((_, index) => (index === 0 ? 503 : index === 1 ? 302 : 204));
    await scene.publish();
    await scene.advance({ by: 0 });
    for (const tries of [1, 2]) {
      const { wait } = await eventually(async () => {
        const [waiting] = await outbox(scene.tenantId);
        expect(waiting).toMatchObject({ tries });
        return waiting!;
      });
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(NOTIFY_DELAYS_MS[tries - 1]! / 1_000);
      await dueNow(scene);
    }
    await eventually(async () => expect(await outbox(scene.tenantId)).toEqual([]));
    expect(new Set(told(ear).map(({ id }) => id)).size).toBe(1);
    expect(ear.received).toHaveLength(3);
  });

  it('is given up after the last try, and not told any more once it was taken away', async () => {
    const { ear, ...scene } = await toldScene('noyo');
    ear.answer(500);
    await scene.publish();
    await scene.advance({ by: 0 });
    await eventually(async () => expect(await outbox(scene.tenantId)).toMatchObject([{ tries: 1 }]));
    const { pool } = world.app.context.db;
    await pool.query('UPDATE notification SET tries = $2 WHERE tenant_id = $1', [
      scene.tenantId,
      NOTIFY_DELAYS_MS.length,
    ]);
    await dueNow(scene);
    await eventually(async () => expect(await outbox(scene.tenantId)).toEqual([]));
    expect(ear.received).toHaveLength(2);
    scene.consumer.answer(200);
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(503);
    await scene.publish();
    await scene.advance({ by: 0 });
    await eventually(async () => expect(await outbox(scene.tenantId)).toMatchObject([{ tries: 1 }]));
    await scene.services.tenants.update(scene.tenantId, { notifyUrl: null });
    await dueNow(scene);
    await eventually(async () => expect(await outbox(scene.tenantId)).toEqual([]));
    expect(ear.received).toHaveLength(3);
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, { active: false });
    expect(await outbox(scene.tenantId)).toEqual([]);
  });

  it('goes through the same door out as deliveries', async () => {
    const { services } = world.app;
    const { id } = await world.tenant();
    for (const [notifyUrl, code] of [
      ['http://10.0.0.1/hook', 'egress_refused'],
      ['https://169.254.169.254/', 'egress_refused'],
      ['http://consumer.example/', 'https_required'],
      ['https://me:secret@consumer.example/', 'invalid_url'],
      ['hook', 'invalid_url'],
    ] as const) {
      expect(await refusalOf(services.tenants.update(id, { notifyUrl }))).toBe(code);
      expect(await refusalOf(services.tenants.create({ name: 'no', notifyUrl }))).toBe(code);
    }
    expect(await services.tenants.read(id)).toMatchObject({ notifyUrl: null });
    expect(await services.tenants.update(id, { notifyUrl: 'https://consumer.example/x#y' })).toMatchObject({
      notifyUrl: 'https://consumer.example/x',
    });
  });
});

describe('a process that dies before it has told', () => {
  const quiet = useWorld({ env: { RINGER_ROLE: 'api' } });

  it('leaves what it had to tell to the next one', async () => {
    const scene = await setScene(quiet, 'noyo', { clock: null });
    const ear = await quiet.consumer();
    await scene.services.tenants.update(scene.tenantId, { notifyUrl: ear.url });
    // One that settles, and never tells.
    const dispatcher = ownDispatcher(quiet.app);
    await dispatcher.start();
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    await dispatcher.stop();
    expect((await scene.subscription()).status).toBe('unhealthy');
    expect(ear.received).toHaveLength(0);
    const { context, egress, version } = quiet.app;
    const next = new Notifier({ ...context, egress, version, monotonic: context.wall.monotonic });
    next.soon();
    await ear.got(1);
    await next.stop();
    expect(told(ear)).toMatchObject([{ type: 'subscription.unhealthy' }]);
  });
});

async function dueNow({ tenantId }: Pick<Scene, 'tenantId'>): Promise<void> {
  const { db, turned } = world.app.context;
  await db.pool.query('UPDATE notification SET due_at = now() WHERE tenant_id = $1', [tenantId]);
  turned();
}
