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
    async () => clock.put(tenantId, { mode: 'manual', now: (await scene.now()) + 10 * MINUTE }),
  ];
}

describe('whatever a tenant does, in whatever order, two things at a time', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'every delivery comes to one end, and the records agree (walk %i)',
    async (seed) => {
      const random = seededRandom(`walk ${seed}`);
      const answers = () => oneOf(random, [200, 200, 503, 503, 404, 201]);
      const first = await setScene(world, PROVIDERS[0]!);
      const { tenantId, services } = first;
      const scenes = [first];
      for (const provider of PROVIDERS.slice(1)) scenes.push(await setScene(world, provider, { tenantId }));
      for (const { consumer } of scenes) consumer.answer(answers);
      const ids = await Promise.all(scenes.map((scene) => scene.publish()));
      for (let i = 0; i < 60; i++) {
        const pair = [oneOf(random, steps(random, scenes, ids)), oneOf(random, steps(random, scenes, ids))];
        for (const { status, reason } of (await Promise.allSettled(
          pair.map((step) => step()),
        )) as PromiseRejectedResult[])
          if (status === 'rejected' && !(reason instanceof AppError)) throw reason;
      }
      for (const { consumer, subscriptionId } of scenes) {
        consumer.answer(200);
        await services.subscriptions.update(tenantId, subscriptionId, { rateLimit: null, active: true });
        await services.subscriptions.resume(tenantId, subscriptionId);
      }
      const end = await services.clock.advance(tenantId, { untilIdle: true, wait: 25 * SECOND });
      expect(end).toMatchObject({ status: 200, body: { pending: 0 } });
      const nowMs = await first.now();
      let attempts = 0;
      for await (const { id } of services.history.exportDeliveries(tenantId, {})) {
        const delivery = await first.delivery(bare(id));
        const told = JSON.stringify(delivery, null, 1);
        expect(['delivered', 'failed', 'cancelled'], told).toContain(delivery.status);
        expect(
          delivery.attempts.map((a) => a.number),
          told,
        ).toEqual(delivery.attempts.map((_, i) => i + 1));
        expect(delivery.attemptCount, told).toBe(delivery.attempts.length);
        expect(
          delivery.attempts.some((a) => a.outcome === 'delivered'),
          told,
        ).toBe(delivery.status === 'delivered');
        expect(
          delivery.attempts.every((a) => a.startedAt === a.dueAt && Date.parse(a.startedAt) <= nowMs),
          told,
        ).toBe(true);
        const starts = delivery.attempts.map((a) => a.startedAt);
        expect(starts, told).toEqual([...starts].sort());
        attempts += delivery.attempts.length;
      }
      expect(scenes.reduce((sum, { consumer }) => sum + consumer.received.length, 0)).toBe(attempts);
      const { rows } = await world.app.context.db.pool.query(
        'SELECT count(*)::int AS open FROM open_delivery WHERE tenant_id = $1',
        [tenantId],
      );
      expect(rows).toEqual([{ open: 0 }]);
    },
  );
});
