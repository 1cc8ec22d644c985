import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dispatcher, DispatcherOptions } from '../../src/engine/dispatcher.js';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { gate, refusalOf, type Scene, type SceneOptions, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });
const started: Dispatcher[] = [];

afterEach(async () => {
  for (const dispatcher of started.splice(0)) await dispatcher.stop();
  // What a test leaves undelivered is nothing the next one's dispatcher should find.
  await world.app.context.db.pool.query('DELETE FROM open_delivery');
});

async function start(different: Partial<DispatcherOptions> = {}): Promise<Dispatcher> {
  const dispatcher = ownDispatcher(world.app, different);
  started.push(dispatcher);
  await dispatcher.start();
  return dispatcher;
}

/** Noyo waits 15 s for an answer: longer than any test here needs one to be outstanding. */
const scene = (options: SceneOptions = {}) =>
  setScene(world, 'noyo', { answers: 200, clock: null, ...options });

async function publish({ tenantId, services, subscriptionId }: Scene, count: number): Promise<void> {
  const one = {
    provider: 'noyo',
    type: 'difference.created',
    subscriptionId: `sub_${subscriptionId}`,
  };
  for (let left = count; left > 0; left -= 500)
    await services.publish.batch(tenantId, new Array(Math.min(500, left)).fill(one));
}

async function several(count: number, options: SceneOptions = {}): Promise<Scene[]> {
  const scenes: Scene[] = [];
  for (let i = 0; i < count; i++) scenes.push(await scene(options));
  return scenes;
}

const turns = async (count = 50) => {
  for (let i = 0; i < count; i++) await turn();
};

describe('one that hangs', () => {
  it('holds what it may hold and keeps nobody else waiting', async () => {
    const hung = await scene();
    const others = await several(9, { tenantId: hung.tenantId });
    const answer = gate();
    hung.consumer.answer(answer.answer);
    await publish(hung, 400);
    for (const other of others) await publish(other, 20);
    await start({ slots: 40 });
    for (const other of others) await other.consumer.got(20);
    expect(hung.consumer.received).toHaveLength(10);
    answer.open(200);
    await hung.consumer.got(400);
  });

  it('is as harmless where there are many of it', async () => {
    const hung = await several(6);
    const others = await several(6);
    const answer = gate();
    for (const { consumer } of hung) consumer.answer(answer.answer);
    for (const one of [...hung, ...others]) await publish(one, 30);
    // Six times ten are held; four are left for the rest.
    const dispatcher = await start({ slots: 64 });
    for (const other of others) await other.consumer.got(30);
    expect(hung.map(({ consumer }) => consumer.received.length)).toEqual([10, 10, 10, 10, 10, 10]);
    await eventually(() => expect(dispatcher.inFlight).toBe(60));
    answer.open(200);
  });

  it('at the same host keeps another tenant’s path free', async () => {
    const hung = await scene();
    const answer = gate();
    hung.consumer.answer(({ path }) => (path === '/hook' ? answer.answer() : 200));
    const other = await scene({ url: hung.consumer.url.replace('/hook', '/other') });
    await publish(hung, 50);
    await publish(other, 50);
    await start();
    const arrived = () => hung.consumer.received.filter(({ path }) => path === '/other').length;
    await eventually(() => expect(arrived()).toBe(50));
    expect(hung.consumer.received).toHaveLength(60);
    answer.open(200);
  });
});

describe('one with much to send', () => {
  it('gets no more turns than the others', async () => {
    const order: string[] = [];
    const watch = (one: Scene, name: string) =>
      one.consumer.answer(() => {
        order.push(name);
        return 200;
      });
    const loud = await scene();
    watch(loud, 'loud');
    await publish(loud, 1_000);
    const others = await several(9);
    for (const [i, other] of others.entries()) {
      watch(other, `other ${i}`);
      await publish(other, 10);
    }
    await start({ slots: 20 });
    await loud.consumer.got(1_000);
    const last = Math.max(...others.map((_, i) => order.lastIndexOf(`other ${i}`)));
    expect(order).toHaveLength(1_090);
    // Each has its turn after the others: ten rounds of ten would be a hundred.
    expect(last).toBeLessThan(600);
  });

  it('leaves an eighth of the slots to retries, which first attempts would starve', async () => {
    const busy = await scene({ maxInFlight: 100 });
    const retried = await scene();
    const answer = gate();
    busy.consumer.answer(answer.answer);
    await publish(busy, 100);
    await publish(retried, 30);
    await world.app.context.db.pool.query(
      'UPDATE open_delivery SET state = 1, tries = 1 WHERE tenant_id = $1',
      [retried.tenantId],
    );
    await start({ slots: 16 });
    await retried.consumer.got(30);
    expect(busy.consumer.received.length).toBeLessThanOrEqual(16);
    answer.open(200);
    await busy.consumer.got(100);
  });
});

describe('caps of a tenant', () => {
  const patch = ({ tenantId, services }: Scene, caps: object) => services.tenants.update(tenantId, caps);

  it('hold for all its subscriptions together, and for nobody else', async () => {
    const first = await scene();
    const second = await scene({ tenantId: first.tenantId });
    const stranger = await scene();
    await patch(first, { maxInFlight: 4 });
    const answer = gate();
    for (const { consumer } of [first, second]) consumer.answer(answer.answer);
    for (const one of [first, second, stranger]) await publish(one, 20);
    await start();
    await stranger.consumer.got(20);
    const held = () => first.consumer.received.length + second.consumer.received.length;
    await eventually(() => expect(held()).toBe(4));
    await turns();
    expect(held()).toBe(4);
    answer.open(200);
    await Promise.all([first.consumer.got(20), second.consumer.got(20)]);
  });

  it('of one origin hold for those that share it', async () => {
    const first = await scene();
    const answer = gate();
    first.consumer.answer(answer.answer);
    const there = await scene({ tenantId: first.tenantId, url: `${first.consumer.url}/too` });
    const elsewhere = await scene({ tenantId: first.tenantId });
    await patch(first, { maxInFlightPerOrigin: 3 });
    for (const one of [first, there, elsewhere]) await publish(one, 20);
    await start();
    await elsewhere.consumer.got(20);
    await eventually(() => expect(first.consumer.received).toHaveLength(3));
    await turns();
    expect(first.consumer.received).toHaveLength(3);
    answer.open(200);
    await first.consumer.got(40);
  });

  it('hold from the next claim on when they are changed, and go with null', async () => {
    const one = await scene();
    await patch(one, { maxInFlight: 2 });
    const answer = gate();
    one.consumer.answer(answer.answer);
    await publish(one, 30);
    await start();
    await one.consumer.got(2);
    await turns();
    expect(one.consumer.received).toHaveLength(2);
    expect(await patch(one, { maxInFlight: null })).toMatchObject({ maxInFlight: null });
    answer.open(200);
    await one.consumer.got(30);
  });

  it('are numbers from 1 to 10,000', async () => {
    const { tenantId } = await scene();
    const { pool } = world.app.context.db;
    const refused = pool.query('UPDATE tenant SET max_in_flight = 0 WHERE id = $1', [tenantId]);
    expect(await refusalOf(refused)).toBe('23514');
  });
});

describe('a backlog of yesterday', () => {
  it('is delivered whole, by degrees, and what is fresh beside it at once', async () => {
    const old = await several(4);
    for (const one of old) await publish(one, 50);
    await world.app.context.db.pool.query(
      `UPDATE open_delivery SET due_at = now() - interval '1 day' WHERE tenant_id = ANY($1)`,
      [old.map(({ tenantId }) => tenantId)],
    );
    const fresh = await scene();
    await publish(fresh, 50);
    await start({ slots: 40 });
    await fresh.consumer.got(50);
    for (const { consumer } of old) await consumer.got(50);
  });
});
