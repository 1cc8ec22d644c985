import { describe, expect, it } from 'vitest';
import { DAY, gate, HOUR, MINUTE, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld({
  providerFolders: [new URL('../fixtures/providers/sixthsense/', import.meta.url)],
});

const asks = (status: number, value: string, name = 'Webhook-Delivery') => ({
  status,
  headers: { [name]: value },
});

describe('webhook-delivery: abort-message', () => {
  it('ends the delivery as failed, aborted; the endpoint goes on', async () => {
    const scene = await setScene(world, 'voyado', { answers: asks(503, 'abort-message') });
    const id = await scene.publish();
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 1, failed: 1, pending: 0 });
    const { attempts, ...delivery } = await scene.delivery(id);
    expect(delivery).toMatchObject({
      status: 'failed',
      reason: 'aborted',
      attemptCount: 1,
      nextAttemptAt: null,
    });
    expect(attempts).toMatchObject([{ outcome: 'failed', reason: 'status_503', nextAttemptAt: null }]);
    await scene.advance({ by: 2 * DAY });
    expect(scene.consumer.received).toHaveLength(1);
    expect((await scene.subscription()).status).toBe('active');
    scene.consumer.answer(200);
    await scene.until(await scene.publish(), 'delivered');
  });

  it('ends a delivery in the middle of its schedule, and no other', async () => {
    const scene = await setScene(world, 'voyado');
    const [stubborn, spared] = [await scene.publish(), await scene.publish()];
    await scene.advance({ by: 0 });
    const id = (await scene.delivery(stubborn)).providerEventId;
    scene.consumer.answer(({ headers }) => (headers['svix-id'] === id ? asks(500, 'ABORT-message') : 503));
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(stubborn)).toMatchObject({ reason: 'aborted', attemptCount: 2 });
    expect(await scene.delivery(spared)).toMatchObject({ reason: 'exhausted', attemptCount: 8 });
  });

  it('has no effect on a success, on a last attempt, and on one sent by hand', async () => {
    const scene = await setScene(world, 'voyado', { answers: asks(200, 'abort-message') });
    await scene.until(await scene.publish(), 'delivered');
    scene.consumer.answer(503);
    const id = await scene.publish();
    await scene.advance({ by: 18 * HOUR });
    scene.consumer.answer(asks(503, 'abort-message'));
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(id)).toMatchObject({ reason: 'exhausted', attemptCount: 8 });
    await scene.services.deliveries.resend(scene.tenantId, id);
    await scene.advance({ by: 0 });
    expect(await scene.delivery(id)).toMatchObject({ reason: 'exhausted', attemptCount: 9 });
  });
});

describe('webhook-delivery: disable', () => {
  it('disables the endpoint at once; its deliveries end, as of any disabled one', async () => {
    const scene = await setScene(world, 'voyado');
    const waiting = await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(asks(410, 'disable'));
    const last = await scene.publish();
    const ended = await scene.until(last, 'cancelled');
    expect(ended).toMatchObject({ reason: 'endpoint_disabled', attemptCount: 1 });
    expect(ended.attempts).toMatchObject([{ reason: 'status_410', subscriptionStatus: 'disabled' }]);
    expect(await scene.subscription()).toMatchObject({ status: 'disabled', failingSince: null });
    expect(await scene.delivery(waiting)).toMatchObject({
      status: 'cancelled',
      reason: 'endpoint_disabled',
      attemptCount: 1,
    });
    const skipped = await scene.publish();
    expect(await scene.delivery(skipped)).toMatchObject({ reason: 'endpoint_disabled', attemptCount: 0 });
    await scene.advance({ by: 3 * DAY });
    expect(scene.consumer.received).toHaveLength(2);
  });

  it('does so in a success too, which is delivered all the same', async () => {
    const scene = await setScene(world, 'voyado', { answers: asks(204, 'disable') });
    const id = await scene.publish();
    expect(await scene.until(id, 'delivered')).toMatchObject({ reason: null, attemptCount: 1 });
    expect((await scene.subscription()).status).toBe('disabled');
    const skipped = await scene.publish();
    expect((await scene.delivery(skipped)).status).toBe('cancelled');
  });

  it('does so in the answer to a test: the endpoint asked, not its health', async () => {
    const scene = await setScene(world, 'voyado', { answers: asks(200, 'disable') });
    await scene.services.publish.test(scene.tenantId, scene.subscriptionId, {});
    await scene.advance({ by: 0 });
    expect((await scene.subscription()).status).toBe('disabled');
  });

  it('lets what is in flight end; a success of it enables nothing', async () => {
    const scene = await setScene(world, 'voyado');
    const gates = [gate(), gate()];
    scene.consumer.answer(async (_, index) =>
      index === 0 ? asks(await gates[0]!.answer(), 'disable') : gates[1]!.answer(),
    );
    const first = await scene.publish();
    await scene.consumer.got(1);
    const second = await scene.publish();
    await scene.consumer.got(2);
    gates[0]!.open(500);
    await scene.until(first, 'cancelled');
    gates[1]!.open(200);
    await scene.until(second, 'delivered');
    expect((await scene.subscription()).status).toBe('disabled');
  });

  it('on the system clock too; enabled by hand it is as new', async () => {
    const scene = await setScene(world, 'voyado', { clock: null, answers: asks(500, 'disable') });
    await scene.until(await scene.publish(), 'cancelled');
    scene.consumer.answer(200);
    const { services, tenantId, subscriptionId } = scene;
    expect(await services.subscriptions.resume(tenantId, subscriptionId)).toMatchObject({ status: 'active' });
    await scene.until(await scene.publish(), 'delivered');
    expect((await scene.subscription()).status).toBe('active');
  });

  it('leaves a paused subscription paused: what it holds waits for its user', async () => {
    const scene = await setScene(world, 'voyado');
    const answer = gate();
    scene.consumer.answer(async () => asks(await answer.answer(), 'disable'));
    const id = await scene.publish();
    await scene.consumer.got(1);
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    answer.open(503);
    await scene.untilAttempts(id, 1);
    expect((await scene.delivery(id)).status).toBe('held');
    expect((await scene.subscription()).status).toBe('paused');
  });
});

describe('the header of another provider', () => {
  it.each(['noyo', 'novamed', 'healthsync', 'healthsherpa'])('%s: changes nothing', async (provider) => {
    const scene = await setScene(world, provider);
    for (const value of ['disable', 'abort-message']) {
      scene.consumer.answer(asks(503, value));
      const id = await scene.publish();
      await scene.untilAttempts(id, 1);
      expect((await scene.delivery(id)).status).toBe('pending');
    }
    expect((await scene.subscription()).status).not.toBe('disabled');
  });

  it('sixthsense: a header and a word of its own, obeyed by the same engine', async () => {
    const { services } = world.app;
    const consumer = await world.consumer();
    const { id: tenantId } = await world.tenant();
    const provider = 'sixthsense';
    const { subscription } = await services.subscriptions.create(tenantId, { provider, url: consumer.url });
    const id = subscription.id.slice('sub_'.length);
    consumer.answer(asks(200, 'disable'));
    const publish = () => services.publish.publish(tenantId, { provider, type: 'vision.felt' });
    await publish();
    await consumer.got(1);
    await world.app.dispatcher!.quiet(tenantId);
    expect((await services.subscriptions.read(tenantId, id)).status).toBe('active');
    consumer.answer(asks(200, 'Silence', 'X-Wish'));
    await publish();
    await consumer.got(2);
    await world.app.dispatcher!.quiet(tenantId);
    expect((await services.subscriptions.read(tenantId, id)).status).toBe('disabled');
    // Its own rule for what comes then: no delivery at all.
    expect((await publish()).deliveries).toEqual([]);
  });
});

describe('Retry-After', () => {
  const asked = (value: string) => ({ status: 503, headers: { 'Retry-After': value } });
  const HTTP_DATE = new Date(START + 8 * SECOND).toUTCString();
  const clock = { mode: 'manual', now: START, wire: 'virtual' } as const;

  it.each([
    ['1', 5 * SECOND],
    ['7', 7 * SECOND],
    ['7.2', 8 * SECOND],
    ['3600', 10 * SECOND],
    [HTTP_DATE, 8 * SECOND],
    [new Date(START - DAY).toUTCString(), 5 * SECOND],
    [new Date(START + DAY).toUTCString(), 10 * SECOND],
    ['presently', 5 * SECOND],
  ])('%s: the first retry goes out after %i ms, the delay being 5 s', async (value, expected) => {
    const scene = await setScene(world, 'voyado', { answers: asked(value), clock });
    const id = await scene.publish();
    await scene.advance({ toNext: true });
    expect(await scene.offsets(id)).toEqual([0, expected]);
  });

  it('is held to the delay of each retry, and changes none where it is not asked for', async () => {
    const scene = await setScene(world, 'voyado', { answers: asked('400'), clock });
    const id = await scene.publish();
    scene.consumer.answer((_, index) => (index === 2 ? 503 : asked('400')));
    await scene.advance({ by: HOUR });
    const [first, second, third] = [10 * SECOND, 400 * SECOND, 30 * MINUTE];
    expect(await scene.offsets(id)).toEqual([0, first, first + second, first + second + third]);
  });

  it('is nothing to a provider that does not obey it, nor with ignoreRetryAfter', async () => {
    for (const [provider, presets, delayMs] of [
      ['healthsync', [], MINUTE],
      ['voyado', ['ignoreRetryAfter'], 5 * SECOND],
    ] as const) {
      const scene = await setScene(world, provider, { answers: asked('100'), presets: [...presets] });
      const id = await scene.publish();
      await scene.advance({ toNext: true });
      expect(await scene.offsets(id)).toEqual([0, delayMs]);
    }
  });

  it('as an instant goes by the wall clock where the timestamps do', async () => {
    const now = Date.parse('1999-01-01T00:00:00Z');
    // Ahead of the tenant's clock and long over on the wall's.
    const answers = asked(new Date(now + 8 * SECOND).toUTCString());
    const scene = await setScene(world, 'voyado', { answers, clock: { mode: 'manual', now } });
    const id = await scene.publish();
    await scene.advance({ toNext: true });
    expect(await scene.offsets(id, now)).toEqual([0, 5 * SECOND]);
  });
});
