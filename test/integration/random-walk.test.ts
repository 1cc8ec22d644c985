import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.js';
import { type Random, seededRandom } from '../../src/lib/random.js';
import { bare, HOUR, MINUTE, type Scene, SECOND, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const PROVIDERS = ['noyo', 'voyado', 'healthsync', 'healthsherpa', 'novamed'];

const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random.float() * list.length)]!;

/** Anything a tenant may do to its deliveries, on a clock that stands. A refusal is an answer like any other. */
function steps(random: Random, scenes: readonly Scene[], ids: string[]): (() => Promise<unknown>)[] {
  const scene = oneOf(random, scenes);
  const { services, tenantId, subscriptionId } = scene;
  const { subscriptions, deliveries, clock } = services;
  const id = oneOf(random, ids);
  const publish = async () => {
    const published = await services.publish.publish(tenantId, {
      provider: oneOf(random, ['noyo', 'healthsync']),
      type: 'document.uploaded',
    });
    ids.push(...published.deliveries.map((delivery) => bare(delivery.id)));
  };
  const mine = async () => {
    ids.push(await scene.publish());
  };
  return [
    mine,
    mine,
    mine,
    publish,
    () => scene.advance({ by: Math.floor(random.float() * 2 * HOUR) }),
    () => scene.advance({ toNext: true }),
    () => scene.advance({ by: 0 }),
    () => subscriptions.pause(tenantId, subscriptionId),
    () => subscriptions.resume(tenantId, subscriptionId),
    () => subscriptions.resume(tenantId, subscriptionId),
    () => subscriptions.update(tenantId, subscriptionId, { active: random.float() < 0.7 }),
    () =>
      subscriptions.update(tenantId, subscriptionId, { maxInFlight: 1 + Math.floor(random.float() * 10) }),
    () => subscriptions.update(tenantId, subscriptionId, { rateLimit: oneOf(random, [null, 1, 3]) }),
    () => services.publish.test(tenantId, subscriptionId, {}),
    () => deliveries.retryNow(tenantId, id),
    () => deliveries.cancel(tenantId, id),
    () => deliveries.resend(tenantId, id),
    () => deliveries.recover(tenantId, subscriptionId, { since: 0 }),
    () => deliveries.recover(tenantId, subscriptionId, { since: 0, status: 'never_attempted' }),
    () => deliveries.recover(tenantId, subscriptionId, { since: 0, status: 'all' }),
    () => services.secrets.rotate(tenantId, subscriptionId, {}),
    () => (random.float() < 0.2 ? subscriptions.remove(tenantId, subscriptionId) : mine()),
    async () => clock.put(tenantId, { mode: 'manual', now: (await scene.now()) + 10 * MINUTE }),
    ...new Array(3).fill(() => clock.put(tenantId, { mode: 'manual' })),
    () => clock.put(tenantId, { mode: 'scaled', rate: 2_000 }),
    () => clock.put(tenantId, { mode: 'system' }),
  ];
}

/** A refusal, or an event that a deleted subscription does not get any more. */
const isAnswer = (error: unknown) =>
  error instanceof AppError || String(error).includes('does not get this event');

describe('whatever a tenant does, in whatever order, two things at a time', () => {
  it.each([1, 2, 3, 4, 5])(
    'every delivery comes to one end, and the records agree (walk %i)',
    async (seed) => {
      const random = seededRandom(`walk ${seed}`);
      // Behind the system's by less than any retention.
      const clock = { mode: 'manual' as const, now: Date.now() - 3 * HOUR };
      const first = await setScene(world, PROVIDERS[0]!, { clock });
      const { tenantId, services } = first;
      const scenes = [first];
      for (const provider of PROVIDERS.slice(1)) scenes.push(await setScene(world, provider, { tenantId }));
      for (const { consumer } of scenes)
        consumer.answer(async () => {
          for (let turns = random.float() * 40; turns > 0; turns--) await turn();
          return oneOf(random, [200, 200, 503, 503, 404, 201]);
        });
      const ids = await Promise.all(scenes.map((scene) => scene.publish()));
      for (let i = 0; i < 60; i++) {
        const pair = [oneOf(random, steps(random, scenes, ids)), oneOf(random, steps(random, scenes, ids))];
        await Promise.all(
          pair.map((step) =>
            step().catch((error: unknown) => {
              if (!isAnswer(error)) throw error;
            }),
          ),
        );
      }
      for (const { consumer, subscriptionId } of scenes) {
        consumer.answer(200);
        const { data } = await services.subscriptions.list(tenantId, { limit: 50 });
        if (!data.some(({ id }) => bare(id) === subscriptionId)) continue;
        await services.subscriptions.update(tenantId, subscriptionId, { rateLimit: null, active: true });
        await services.subscriptions.resume(tenantId, subscriptionId);
      }
      await services.clock.put(tenantId, { mode: 'manual' });
      const end = await services.clock.advance(tenantId, { untilIdle: true, wait: 25 * SECOND });
      expect(end).toMatchObject({ status: 200, body: { pending: 0 } });
      let attempts = 0;
      for await (const { id } of services.history.exportDeliveries(tenantId, {})) {
        const delivery = await first.delivery(bare(id));
        const told = JSON.stringify(delivery, null, 1);
        expect(['delivered', 'failed', 'cancelled'], told).toContain(delivery.status);
        const numbers = delivery.attempts.map((a) => a.number);
        expect(numbers, told).toEqual(numbers.map((_, i) => i + 1));
        expect(delivery.attemptCount, told).toBe(numbers.length);
        const delivered = delivery.attempts.some((a) => a.outcome === 'delivered');
        expect(delivered, told).toBe(delivery.status === 'delivered');
        attempts += numbers.length;
      }
      expect(scenes.reduce((sum, { consumer }) => sum + consumer.received.length, 0)).toBe(attempts);
      const { rows } = await world.app.context.db.pool.query(
        'SELECT count(*)::int AS open FROM open_delivery WHERE tenant_id = $1',
        [tenantId],
      );
      expect(rows).toEqual([{ open: 0 }]);
    },
  );

  it('a publish to a stopped subscription and a clock being set never wait for each other', async () => {
    const scene = await setScene(world, 'novamed');
    const { clock, publish, subscriptions } = scene.services;
    await subscriptions.pause(scene.tenantId, scene.subscriptionId);
    for (let i = 0; i < 25; i++) {
      const event = { provider: 'novamed', type: 'order:created' };
      await Promise.all([
        publish.publish(scene.tenantId, event),
        clock.put(scene.tenantId, { mode: 'manual' }),
        publish.publish(scene.tenantId, event),
      ]);
    }
    const { data } = await scene.services.history.deliveries(scene.tenantId, { limit: 100 });
    expect(data.map(({ status }) => status)).toEqual(new Array(50).fill('held'));
  });

  it('and no attempt starts before the one before it, on a clock that only goes forward', async () => {
    const random = seededRandom('forward');
    const first = await setScene(world, 'healthsherpa');
    const { tenantId, services } = first;
    const scenes = [
      first,
      await setScene(world, 'healthsync', { tenantId }),
      await setScene(world, 'noyo', { tenantId }),
    ];
    for (const { consumer } of scenes) consumer.answer(() => oneOf(random, [200, 503, 503, 503]));
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) {
      const { subscriptionId, publish, advance } = oneOf(random, scenes);
      if (random.float() < 0.3) ids.push(await publish());
      if (random.float() < 0.3) await advance({ by: Math.floor(random.float() * HOUR) });
      if (random.float() < 0.1) await services.subscriptions.pause(tenantId, subscriptionId);
      if (random.float() < 0.2) await services.subscriptions.resume(tenantId, subscriptionId);
      if (ids.length > 0 && random.float() < 0.2)
        await services.deliveries.retryNow(tenantId, oneOf(random, ids)).catch(() => {});
    }
    for (const { subscriptionId } of scenes) await services.subscriptions.resume(tenantId, subscriptionId);
    await first.advance({ untilIdle: true });
    const nowMs = await first.now();
    for (const id of ids) {
      const { attempts } = await first.delivery(id);
      const starts = attempts.map((a) => Date.parse(a.startedAt));
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
      expect(starts).toEqual(attempts.map((a) => Date.parse(a.dueAt)));
      expect(starts.at(-1)).toBeLessThanOrEqual(nowMs);
    }
  });
});
