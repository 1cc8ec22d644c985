import { describe, expect, it } from 'vitest';
import { bare, DAY, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const EVENTS = 1_000;

describe('T27: a pause of two days', () => {
  it(`keeps ${EVENTS} events, burns no try, and lets them go in the order of creation`, async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, maxInFlight: 1 });
    const { tenantId, subscriptionId, services } = scene;
    await services.subscriptions.pause(tenantId, subscriptionId);
    const ids: string[] = [];
    for (let day = 0; day < 2; day++) {
      for (let i = 0; i < EVENTS / 2; i += 250) {
        const { events } = await services.publish.batch(
          tenantId,
          Array.from({ length: 250 }, () => ({ provider: 'novamed', type: 'order:created' })),
        );
        ids.push(...events.map(({ providerEventId }) => providerEventId!));
      }
      expect(await scene.advance({ by: DAY })).toMatchObject({ attempts: 0, pending: 0 });
    }
    expect(scene.consumer.received).toHaveLength(0);
    await services.subscriptions.resume(tenantId, subscriptionId);
    const end = await scene.advance({ untilIdle: true });
    expect(end).toMatchObject({ delivered: EVENTS, attempts: EVENTS, failed: 0, pending: 0 });
    const arrived = scene.consumer.received.map(({ body }) => JSON.parse(body.toString()).event_id as string);
    expect(arrived).toEqual(ids);
    let tries = 0;
    for await (const { id, attemptCount } of services.history.exportDeliveries(tenantId, {})) {
      expect([bare(id).length, attemptCount]).toEqual([36, 1]);
      tries += attemptCount;
    }
    expect(tries).toBe(EVENTS);
  }, 120_000);
});
