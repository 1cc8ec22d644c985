import { describe, expect, it } from 'vitest';
import { type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** Ids of so many events, in the order of their publishing. */
async function queue({ services, tenantId }: Scene, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => ({ provider: 'voyado', type: 'contact.created' }));
  const batch = await services.publish.batch(tenantId, events);
  return batch.events.map(({ providerEventId }) => providerEventId!);
}

/** When each event's one attempt was made, milliseconds after `START`, by event id. */
async function instantsOf({ services, tenantId }: Scene): Promise<Map<string, number>> {
  const instants = new Map<string, number>();
  for await (const { providerEventId, ...delivery } of services.history.exportDeliveries(tenantId, {})) {
    expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 1 });
    instants.set(providerEventId!, Date.parse(delivery.finishedAt!) - START);
  }
  return instants;
}

describe('10 a second on a clock that stands', () => {
  it('sends 300 in 30 exact windows of 10, in order', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200, rateLimit: 10, maxInFlight: 1 });
    const ids = await queue(scene, 300);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 300, delivered: 300 });
    const instants = await instantsOf(scene);
    expect(ids.map((id) => instants.get(id))).toEqual(ids.map((_, i) => Math.floor(i / 10) * SECOND));
    expect(scene.consumer.received.map(({ headers }) => headers['svix-id'])).toEqual(ids);
  });

  it('keeps the windows whatever is in flight at once', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200, rateLimit: 10, maxInFlight: 100 });
    const ids = await queue(scene, 300);
    await scene.advance({ untilIdle: true });
    const arrived = scene.consumer.received.map(({ headers }) => headers['svix-id']!);
    for (let window = 0; window < 30; window++) {
      const from = window * 10;
      expect(new Set(arrived.slice(from, from + 10))).toEqual(new Set(ids.slice(from, from + 10)));
    }
  });

  it('sends nothing of a window before the clock is there', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200, rateLimit: 10 });
    await queue(scene, 35);
    for (const [by, sent] of [
      [0, 10],
      [SECOND - 1, 10],
      [1, 20],
      [2 * SECOND, 35],
      [SECOND, 35],
    ] as const) {
      await scene.advance({ by });
      expect(scene.consumer.received).toHaveLength(sent);
    }
  });

  it('holds for each subscription alone', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200, rateLimit: 2 });
    const other = await setScene(world, 'voyado', { answers: 200, tenantId: scene.tenantId });
    await queue(scene, 6);
    await scene.advance({ by: 0 });
    expect([scene.consumer.received.length, other.consumer.received.length]).toEqual([2, 6]);
  });
});

describe('on the system clock', () => {
  it('never gives a receiver more than a second’s worth and what the time since allows', async () => {
    const RATE = 20;
    const scene = await setScene(world, 'voyado', { clock: null, rateLimit: RATE, maxInFlight: 50 });
    const arrivedMs: number[] = [];
    scene.consumer.answer(() => {
      arrivedMs.push(performance.now());
      return 200;
    });
    const beforeMs = performance.now();
    await queue(scene, 3 * RATE);
    await scene.consumer.got(3 * RATE);
    // However slow this machine is, a request arrives only after it was sent: lateness cannot break this.
    arrivedMs.forEach((atMs, i) => {
      const earliestMs = ((i + 1 - RATE) * SECOND) / RATE;
      expect(atMs - beforeMs, `request ${i + 1}`).toBeGreaterThanOrEqual(earliestMs);
    });
  });
});
