import { describe, expect, it } from 'vitest';
import { firstIdAt } from '../../src/lib/ids.js';
import type { RecoverInput } from '../../src/services/schemas/deliveries.js';
import { bare, DAY, gate, HOUR, MINUTE, refusalOf, type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const recover = (scene: Scene, input: Partial<RecoverInput> = {}) =>
  scene.services.deliveries.recover(scene.tenantId, scene.subscriptionId, { since: START, ...input });
const mine = async (scene: Scene) =>
  (
    await scene.services.history.deliveries(scene.tenantId, {
      subscriptionId: scene.subscriptionId,
      limit: 200,
    })
  ).data;

describe('failed', () => {
  it('what failed gets one more attempt where the clock stands, and stays failed when that fails', async () => {
    const scene = await setScene(world, 'novamed');
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    await scene.advance({ by: DAY });
    const at = new Date(await scene.now()).toISOString();
    expect(await recover(scene)).toMatchObject({ count: 1 });
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 1, pending: 0 });
    const after = await scene.delivery(id);
    expect(after).toMatchObject({ status: 'failed', attemptCount: 6 });
    expect(after.attempts.at(-1)).toMatchObject({ trigger: 'manual', startedAt: at, dueAt: at });
  });

  it('never a test, nothing whose body is gone, nothing that is on its way', async () => {
    const scene = await setScene(world, 'novamed');
    await scene.services.publish.test(scene.tenantId, scene.subscriptionId, {});
    const gone = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { eventId } = await scene.delivery(gone);
    await world.app.context.db.pool.query('UPDATE event SET body = NULL WHERE id = $1', [bare(eventId)]);
    await scene.publish();
    await scene.advance({ by: 0 });
    for (const status of ['failed', 'never_attempted', 'all'] as const)
      expect(await recover(scene, { status })).toMatchObject({ count: 0 });
  });

  it('asked for many times at once, sends each once', async () => {
    const scene = await setScene(world, 'novamed');
    const ids = await Promise.all(Array.from({ length: 20 }, () => scene.publish()));
    await scene.advance({ untilIdle: true });
    scene.consumer.clear();
    scene.consumer.answer(200);
    const answers = await Promise.all(Array.from({ length: 6 }, () => recover(scene)));
    await scene.advance({ by: 0 });
    // One that comes after an attempt has settled finds nothing failed any more.
    expect(answers.reduce((sum, { count }) => sum + count, 0)).toBe(ids.length);
    expect(scene.consumer.received).toHaveLength(ids.length);
    for (const id of ids) expect(await scene.delivery(id)).toMatchObject({ attemptCount: 6 });
  });

  it('during an advance, belongs to the instant where the clock stands and is waited for', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const failed = await scene.publish();
    await scene.advance({ untilIdle: true });
    const open = gate();
    scene.consumer.answer(open.answer);
    const count = scene.consumer.received.length;
    await scene.publish();
    const advance = scene.advance({ by: HOUR });
    await scene.consumer.got(count + 1);
    const at = new Date(await scene.now()).toISOString();
    expect(await recover(scene, { until: await scene.now() })).toMatchObject({ count: 1 });
    open.open(200);
    expect(await advance).toMatchObject({ pending: 0 });
    expect((await scene.delivery(failed)).attempts.at(-1)).toMatchObject({
      trigger: 'manual',
      startedAt: at,
      outcome: 'delivered',
    });
  });

  it.each(['system', 'scaled'] as const)('on a %s clock', async (mode) => {
    const scene = await setScene(world, 'healthsync', { clock: null, answers: 404 });
    if (mode === 'scaled') await scene.services.clock.put(scene.tenantId, { mode, rate: 100_000 });
    await scene.services.publish.test(scene.tenantId, scene.subscriptionId, {});
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    // Its schedule is five tries; withdrawn after the first, and failed by hand, nothing has to be waited for.
    await scene.services.clock.put(scene.tenantId, { mode: 'manual' });
    await scene.advance({ untilIdle: true });
    await scene.services.clock.put(scene.tenantId, mode === 'scaled' ? { mode, rate: 100_000 } : { mode });
    scene.consumer.answer(200);
    expect(await recover(scene, { since: 0 })).toMatchObject({ count: 1 });
    expect((await scene.until(id, 'delivered')).attempts.at(-1)).toMatchObject({ trigger: 'manual' });
  });
});

describe('never_attempted', () => {
  it('keeps its attempts in mind when it is withdrawn once more', async () => {
    const scene = await setScene(world, 'healthsync', { active: false });
    const { subscriptions, deliveries } = scene.services;
    const id = await scene.publish();
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { active: true });
    expect(await recover(scene, { status: 'never_attempted' })).toMatchObject({ count: 1 });
    await scene.advance({ by: 0 });
    await deliveries.cancel(scene.tenantId, id);
    const { status, attemptCount, attempts } = await scene.delivery(id);
    expect([status, attemptCount, attempts.map(({ number }) => number)]).toEqual(['cancelled', 1, [1]]);
    expect(await recover(scene, { status: 'never_attempted' })).toMatchObject({ count: 0 });
  });

  it('what was skipped goes through its whole schedule', async () => {
    const scene = await setScene(world, 'voyado', { active: false });
    const id = await scene.publish();
    expect(await scene.delivery(id)).toMatchObject({ status: 'cancelled', attemptCount: 0 });
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    expect(await recover(scene, { status: 'failed' })).toMatchObject({ count: 0 });
    expect(await recover(scene, { status: 'never_attempted' })).toMatchObject({ count: 1 });
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(id)).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
      attemptCount: 8,
    });
    expect(await recover(scene, { status: 'never_attempted' })).toMatchObject({ count: 0 });
    expect(await recover(scene, { status: 'failed' })).toMatchObject({ count: 1 });
  });

  it('events from before the subscription, that it wants, once each and never one that another was sent alone', async () => {
    const old = await setScene(world, 'voyado', { answers: 200 });
    const wanted: string[] = [];
    for (let hour = 0; hour < 4; hour++) {
      wanted.push(await old.publish());
      await old.publish({ type: 'contact.updated' });
      await old.publish({ subscriptionId: `sub_${old.subscriptionId}` });
      await old.services.publish.test(old.tenantId, old.subscriptionId, {});
      await old.advance({ by: HOUR });
    }
    const later = await setScene(world, 'voyado', {
      tenantId: old.tenantId,
      events: ['contact.created'],
      answers: 200,
    });
    await setScene(world, 'noyo', { tenantId: old.tenantId });
    const range = { since: START + HOUR, until: START + 3 * HOUR, status: 'never_attempted' as const };
    const counts = await Promise.all([recover(later, range), recover(later, range)]);
    expect(counts.map(({ count }) => count).sort()).toEqual([0, 2]);
    await later.advance({ by: 0 });
    const sent = await mine(later);
    expect(sent.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
    ]);
    const events = await Promise.all(wanted.slice(1, 3).map((id) => old.delivery(id)));
    expect(sent.map(({ eventId }) => eventId).sort()).toEqual(events.map(({ eventId }) => eventId).sort());
    expect(sent.map(({ createdAt }) => createdAt).sort()).toEqual(
      [START + HOUR, START + 2 * HOUR].map((at) => new Date(at).toISOString()),
    );
    const bodies = later.consumer.received.map(({ body }) => body.toString());
    expect(new Set(bodies)).toEqual(
      new Set(
        old.consumer.received.map(({ body }) => body.toString()).filter((body) => bodies.includes(body)),
      ),
    );
    expect(await recover(later, { ...range, status: 'failed' })).toMatchObject({ count: 0 });
  });

  it('only what its application and its channels let through', async () => {
    const first = await setScene(world, 'voyado', { answers: 200 });
    const { tenantId, services } = first;
    await first.publish();
    for (const more of [{ application: 'other' }, { channels: ['a', 'b'] }, { channels: ['c'] }])
      await services.publish.publish(tenantId, { provider: 'voyado', type: 'contact.created', ...more });
    const { url } = first.consumer;
    const add = async (more: Parameters<typeof services.subscriptions.create>[2]) =>
      bare(
        (await services.subscriptions.create(tenantId, { provider: 'voyado', url }, more)).subscription.id,
      );
    const range = { since: START, status: 'never_attempted' as const };
    const inOther = await add({ application: 'other' });
    const inChannel = await add({ channels: ['b'] });
    expect(await services.deliveries.recover(tenantId, inOther, range)).toMatchObject({ count: 4 });
    expect(await services.deliveries.recover(tenantId, inChannel, range)).toMatchObject({ count: 1 });
  });

  it('what somebody withdrew stays withdrawn', async () => {
    const scene = await setScene(world, 'noyo');
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    const id = await scene.publish();
    await scene.services.deliveries.cancel(scene.tenantId, id);
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    expect(await recover(scene, { status: 'never_attempted' })).toMatchObject({ count: 0 });
  });
});

describe('all', () => {
  it('also what was delivered, which stays so whatever comes of it', async () => {
    const scene = await setScene(world, 'healthsherpa', { answers: 200 });
    const delivered = await scene.publish();
    await scene.advance({ by: MINUTE });
    const later = await setScene(world, 'healthsherpa', { tenantId: scene.tenantId, answers: 200 });
    scene.consumer.answer(503);
    expect(await recover(scene, { status: 'all' })).toMatchObject({ count: 1 });
    expect(await recover(later, { status: 'all' })).toMatchObject({ count: 1 });
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ pending: 0 });
    expect(await scene.delivery(delivered)).toMatchObject({ status: 'delivered', attemptCount: 2 });
    expect(await mine(later)).toMatchObject([{ status: 'delivered', attemptCount: 1 }]);
  });
});

describe('the bound', () => {
  const still = useWorld({ env: { RINGER_ROLE: 'api' } });

  /** So many deliveries that failed, of one event. */
  const fill = async (count: number): Promise<Scene> => {
    const scene = await setScene(still, 'novamed');
    const { eventId } = await scene.delivery(await scene.publish());
    await still.app.context.db.pool.query(
      `INSERT INTO finished_delivery
         (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
       SELECT $1, ($2 || lpad(to_hex(n), 12, '0'))::uuid, $3, $4, 'failed', 'exhausted', 0, 1, $5, $5 FROM generate_series(1, $6::int) n`,
      [
        scene.tenantId,
        firstIdAt(Date.now()).slice(0, 24),
        bare(eventId),
        scene.subscriptionId,
        new Date(START),
        count,
      ],
    );
    return scene;
  };
  const open = async ({ tenantId }: Scene) => {
    const { rows } = await still.app.context.db.pool.query<{ open: number }>(
      'SELECT count(*)::int AS open FROM open_delivery WHERE tenant_id = $1 AND trigger = 1 AND due_at = $2',
      [tenantId, new Date(START)],
    );
    return rows[0]!.open;
  };

  it('more than 100,000 are refused and nothing is sent', async () => {
    const scene = await fill(100_001);
    expect(await refusalOf(recover(scene))).toBe('too_many_deliveries');
    expect(await open(scene)).toBe(0);
  });

  it('more than one page is due again, each once', async () => {
    const scene = await fill(12_345);
    expect(await recover(scene)).toMatchObject({ count: 12_345 });
    expect(await open(scene)).toBe(12_345);
    expect(await recover(scene)).toMatchObject({ count: 0 });
  });
});

it('refuses a subscription that does not send, and one that is gone', async () => {
  const scene = await setScene(world, 'healthsync', { active: false });
  expect(await refusalOf(recover(scene))).toBe('subscription_stopped');
  await scene.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
  expect(await refusalOf(recover(scene))).toBe('not_found');
});
