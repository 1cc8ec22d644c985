import { describe, expect, it } from 'vitest';
import type { Received } from '../support/consumer.js';
import { DAY, refusalOf, type SceneOptions, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const SVIX_EU = '52.215.16.239';

/** A consumer behind a lock on source addresses. */
const locked = (isOpen: (request: Received) => boolean) => (request: Received) =>
  isOpen(request) ? 200 : 403;

describe.each(['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'])('%s', (provider) => {
  it('sends from the loopback address of its setting, so that a lock on addresses can be tested', async () => {
    const scene = await setScene(world, provider, { settings: { sourceAddress: '127.52.215.16' } });
    scene.consumer.answer(locked(({ from }) => from === '127.52.215.16'));
    await scene.until(await scene.publish(), 'delivered');
    const other = await setScene(world, provider, { tenantId: scene.tenantId });
    other.consumer.answer(locked(({ from }) => from === '127.52.215.16'));
    const shut = await other.publish();
    await other.untilAttempts(shut, 1);
    expect((await other.delivery(shut)).attempts[0]).toMatchObject({ reason: 'status_403' });
    expect(other.consumer.received[0]!.from).toBe('127.0.0.1');
  });
});

describe('the setting', () => {
  const give = (sourceAddress: unknown) =>
    refusalOf(setScene(world, 'voyado', { settings: { sourceAddress } as SceneOptions['settings'] }));

  it.each(['10.0.0.1', SVIX_EU, '::1', '::ffff:127.0.0.1', 'localhost', '127.1', '127.0.0.256', '', 127])(
    'refuses %j: it is no address of 127.0.0.0/8',
    async (value) => expect(await give(value)).toBe('invalid_setting'),
  );

  it('holds from the next attempt on, and null takes it back', async () => {
    const scene = await setScene(world, 'voyado');
    await scene.publish();
    await scene.advance({ by: 0 });
    for (const sourceAddress of ['127.0.0.77', null]) {
      await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
        settings: { sourceAddress },
      });
      await scene.advance({ toNext: true });
    }
    expect(scene.consumer.received.map(({ from }) => from)).toEqual(['127.0.0.1', '127.0.0.77', '127.0.0.1']);
  });

  it('tells a way that does not exist as a failure like any other', async () => {
    const scene = await setScene(world, 'voyado', { settings: { sourceAddress: '127.0.0.3' } });
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
      url: 'http://[::1]:9/',
    });
    const id = await scene.publish();
    await scene.advance({ by: 2 * DAY });
    const { attempts, ...delivery } = await scene.delivery(id);
    expect(delivery).toMatchObject({ status: 'failed', reason: 'exhausted' });
    expect(new Set(attempts.map(({ reason }) => reason))).toEqual(new Set(['unreachable']));
  });
});

describe('forwardedFor', () => {
  it('says an address of the provider in X-Forwarded-For, for a lock behind a proxy', async () => {
    const scene = await setScene(world, 'voyado', { settings: { forwardedFor: SVIX_EU } });
    scene.consumer.answer(locked(({ headers }) => headers['x-forwarded-for'] === SVIX_EU));
    await scene.until(await scene.publish(), 'delivered');
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
      settings: { forwardedFor: null },
    });
    await scene.untilAttempts(await scene.publish(), 1);
    expect(scene.consumer.received[1]!.headers).not.toHaveProperty('x-forwarded-for');
  });
});
