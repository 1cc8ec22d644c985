import { describe, expect, it } from 'vitest';
import { useWorld } from '../support/world.js';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

describe('a Noyo subscription whose endpoint is down', () => {
  const world = useWorld();

  async function down() {
    const { id: tenantId } = await world.tenant();
    const consumer = await world.consumer(503);
    const { services } = world.app;
    await services.clock.put(tenantId, { mode: 'manual', now: START_MS });
    const { subscription } = await services.subscriptions.create(tenantId, {
      provider: 'noyo',
      url: consumer.url,
      secret: 'a-secret-with-some-entropy',
    });
    const subscriptionId = subscription.id.slice(4);
    const publish = (type = 'difference.created') =>
      services.publish.publish(tenantId, { provider: 'noyo', type });
    const advance = async (input: Parameters<typeof services.clock.advance>[1]) =>
      (await services.clock.advance(tenantId, input)).body;
    return { tenantId, consumer, services, subscriptionId, publish, advance };
  }

  it('sends 16 attempts over exactly three days and then gives up', async () => {
    const { tenantId, consumer, services, publish, advance } = await down();
    const event = await publish();
    const result = await advance({ untilIdle: true });
    expect(result).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-04T00:00:00.000Z',
      attempts: 16,
      delivered: 0,
      failed: 1,
      pending: 0,
    });
    expect(consumer.received).toHaveLength(16);
    const delivery = await services.history.delivery(tenantId, event.deliveries[0]!.id.slice(4));
    expect(delivery).toMatchObject({ status: 'failed', reason: 'exhausted', attemptCount: 16 });
    const at = delivery.attempts!.map((a) => Date.parse(a.dueAt) - START_MS);
    const documented = Array.from({ length: 16 }, (_, k) => Math.round((259_200_000 * (2 ** k - 1)) / 32767));
    expect(at).toEqual(documented);
    expect(delivery.attempts!.map((a) => a.startedAt)).toEqual(delivery.attempts!.map((a) => a.dueAt));
  });

  it('becomes failed by an event of the seventh day, holds everything, and resume loses nothing', async () => {
    const { tenantId, consumer, services, subscriptionId, publish, advance } = await down();
    await publish();
    await advance({ by: 0 });
    expect((await services.subscriptions.read(tenantId, subscriptionId)).status).toBe('unhealthy');
    await advance({ by: 7 * DAY_MS });
    expect(await services.subscriptions.read(tenantId, subscriptionId)).toMatchObject({
      status: 'unhealthy',
      unhealthySince: '2026-01-01T00:00:00.000Z',
    });
    await publish();
    await advance({ by: 0 });
    expect((await services.subscriptions.read(tenantId, subscriptionId)).status).toBe('failed');
    const held = await publish();
    expect(held.deliveries[0]!.status).toBe('held');
    const before = consumer.received.length;
    await advance({ by: 30 * DAY_MS });
    expect(consumer.received.length).toBe(before);
    consumer.answer(200);
    const resumed = await services.subscriptions.resume(tenantId, subscriptionId);
    expect(resumed).toMatchObject({ status: 'active', unhealthySince: null });
    const result = await advance({ untilIdle: true });
    expect(result).toMatchObject({ attempts: 2, delivered: 2, failed: 0, pending: 0 });
  });
});
