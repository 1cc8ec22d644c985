import { describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
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

describe('a limit of an application', () => {
  const provider = 'voyado';
  const type = 'contact.created';
  const profile = () => world.app.context.registry.get(provider);
  const limit = ({ services, tenantId }: Scene, application: string, rate: number | null) =>
    services.doors
      .port({ id: tenantId, slug: 'any', name: 'any' }, profile())
      .keep((kept) => kept.limitApplication(application, rate));

  async function three(clock?: null) {
    const scene = await setScene(world, provider, { answers: 200, ...(clock === null ? { clock } : {}) });
    const others = [await world.consumer(), await world.consumer()];
    for (const [i, { url }] of others.entries())
      await scene.services.subscriptions.create(
        scene.tenantId,
        { provider, url },
        { application: i === 0 ? 'default' : 'another' },
      );
    const counts = () => [scene.consumer, ...others].map(({ received }) => received.length);
    return { ...scene, others, counts };
  }

  it('is shared by its subscriptions in exact windows, and is nothing to another application', async () => {
    const scene = await three();
    await limit(scene, 'default', 6);
    await queue(scene, 15);
    await scene.advance({ by: 0 });
    const [first, second, another] = scene.counts();
    expect([first! + second!, another]).toEqual([6, 15]);
    for (let seconds = 1; seconds < 5; seconds++) {
      await scene.advance({ by: SECOND });
      const [a, b] = scene.counts();
      expect(a! + b!).toBe(6 * (seconds + 1));
    }
    expect(scene.counts()).toEqual([15, 15, 15]);
  });

  it('holds beside a limit of a subscription’s own, and can be taken away', async () => {
    const scene = await three();
    const { services, tenantId, subscriptionId } = scene;
    await services.subscriptions.update(tenantId, subscriptionId, { rateLimit: 2 });
    await limit(scene, 'default', 5);
    await queue(scene, 10);
    await scene.advance({ by: 0 });
    const [own, other, another] = scene.counts();
    expect([own! + other!, another]).toEqual([5, 10]);
    expect(own).toBeLessThanOrEqual(2);
    await limit(scene, 'default', null);
    await scene.advance({ untilIdle: true });
    expect(scene.counts()).toEqual([10, 10, 10]);
    await scene.advance({ by: SECOND });
    await queue(scene, 4);
    await scene.advance({ by: 0 });
    expect(scene.counts()).toEqual([12, 14, 14]);
  });

  it('is the throttleRate of Svix’s application, set and taken away at its front door', async () => {
    const scene = await three();
    const { key } = await scene.services.keys.create(scene.tenantId, { scope: 'write' });
    const door = apiOf(world).as(key!);
    const path = '/voyado/api/v1/app/default';
    for (const [throttleRate, sent] of [
      [4, 4],
      [null, 20],
    ]) {
      const answer = await door.patch(path, { throttleRate });
      expect([answer.status, answer.body.throttleRate ?? null]).toEqual([200, throttleRate]);
      const before = scene.counts();
      await queue(scene, 10);
      await scene.advance({ by: 0 });
      const [first, second, another] = scene.counts().map((count, i) => count - before[i]!);
      expect([first! + second!, another]).toEqual([sent, 10]);
      await scene.advance({ untilIdle: true });
      await scene.advance({ by: SECOND });
    }
  });

  it('holds on the system clock, by what two receivers count together', async () => {
    const RATE = 20;
    const scene = await three(null);
    const arrivedMs: number[] = [];
    const counting = () => {
      arrivedMs.push(performance.now());
      return 200;
    };
    for (const consumer of [scene.consumer, scene.others[0]!]) consumer.answer(counting);
    await limit(scene, 'default', RATE);
    const beforeMs = performance.now();
    const events = Array.from({ length: 30 }, () => ({ provider, type, application: 'default' }));
    await scene.services.publish.batch(scene.tenantId, events);
    await Promise.all([scene.consumer.got(30), scene.others[0]!.got(30)]);
    arrivedMs.forEach((atMs, i) => {
      expect(atMs - beforeMs, `request ${i + 1}`).toBeGreaterThanOrEqual(((i + 1 - RATE) * SECOND) / RATE);
    });
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
