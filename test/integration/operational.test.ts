import { Webhook } from 'svix';
import { afterEach, describe, expect, it } from 'vitest';
import { svixApplicationId, svixId } from '../../src/providers/voyado/svix-ids.js';
import type { SubscriptionInput } from '../../src/services/schemas/subscriptions.js';
import type { StreamMessage } from '../../src/services/stream.js';
import type { Received } from '../support/consumer.js';
import { bare, DAY, HOUR, MINUTE, refusalOf, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld({
  providerFolders: [new URL('../fixtures/providers/sixthsense/', import.meta.url)],
});

const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
const iso = (ms: number) => new Date(START + ms).toISOString();

/** What the official library makes of an operational webhook; it throws for one that it refuses. */
const told = ({ body, headers }: Received) =>
  new Webhook(SECRET).verify(body.toString(), headers) as { type: string; data: Record<string, unknown> };

/** An endpoint that hears about the subscriptions of the scene's tenant. */
async function hear(scene: Scene, input: Partial<SubscriptionInput> = {}) {
  const ears = await world.consumer();
  const { subscription } = await scene.services.subscriptions.create(
    scene.tenantId,
    { provider: 'voyado', secret: SECRET, ...input, url: ears.url },
    { application: 'operational' },
  );
  return { ears, id: bare(subscription.id), types: () => ears.received.map((r) => told(r).type) };
}

/** Failing, then heard of. */
async function heard(input: Partial<SubscriptionInput> = {}) {
  const scene = await setScene(world, 'voyado');
  return { ...scene, ...(await hear(scene, input)) };
}

const FOURTH = 35 * MINUTE + 5 * SECOND;
const LAST = 27 * HOUR + 35 * MINUTE + 5 * SECOND;

describe('message.attempt.*', () => {
  it('tells of the fourth failure and of the last, signed, in the shapes of Svix', async () => {
    const scene = await heard();
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { attempts, providerEventId } = await scene.delivery(id);
    const about = (attempt: number) => ({
      appId: svixApplicationId(scene.tenantId, 'default'),
      appUid: 'default',
      endpointId: svixId('ep', scene.subscriptionId),
      msgId: providerEventId,
      lastAttempt: {
        id: svixId('atmpt', bare(attempts[attempt - 1]!.id)),
        responseStatusCode: 503,
        timestamp: attempts[attempt - 1]!.startedAt,
      },
    });
    expect(scene.ears.received.map(told)).toEqual([
      { type: 'message.attempt.failing', data: about(4) },
      { type: 'message.attempt.exhausted', data: about(8) },
    ]);
    expect([about(4), about(8)].map((data) => data.lastAttempt.timestamp)).toEqual([iso(FOURTH), iso(LAST)]);
    const ids = scene.ears.received.map(({ headers }) => headers['svix-id']);
    for (const svix of ids) expect(svix).toMatch(/^msg_[0-9A-Za-z]{27}$/);
    expect(new Set([...ids, providerEventId]).size).toBe(3);
  });

  it('tells no answer as status 0, and the name that its publisher gave the message', async () => {
    const scene = await heard();
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
      url: 'http://127.0.0.1:9/',
    });
    await scene.publish({ uid: 'order-7' } as object);
    await scene.advance({ to: START + FOURTH });
    expect(told(scene.ears.received[0]!).data).toMatchObject({
      msgEventId: 'order-7',
      lastAttempt: { responseStatusCode: 0 },
    });
  });

  it.each([
    [3, []],
    [4, ['failing', 'recovered']],
    [6, ['failing', 'recovered']],
  ])('after %i failures a success tells %j in all', async (failures, kinds) => {
    const scene = await heard();
    scene.consumer.answer((_request, index) => (index < failures ? 503 : 200));
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(id)).toMatchObject({ status: 'delivered', attemptCount: failures + 1 });
    expect(scene.types()).toEqual(kinds.map((kind) => `message.attempt.${kind}`));
    if (kinds.length > 0)
      expect(told(scene.ears.received[1]!).data).toMatchObject({ lastAttempt: { responseStatusCode: 200 } });
  });

  it('a resend recovers what was exhausted, once, and nothing that was delivered', async () => {
    const scene = await heard();
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const resend = async () => {
      await scene.services.deliveries.resend(scene.tenantId, id);
      await scene.advance({ by: SECOND });
    };
    await resend();
    scene.consumer.answer(200);
    await resend();
    await resend();
    expect(scene.types().map((type) => type.split('.').at(-1))).toEqual([
      'failing',
      'exhausted',
      'recovered',
    ]);
  });

  it('nothing is told of a delivery that was aborted, cancelled, or a test', async () => {
    const scene = await heard();
    await scene.services.publish.test(scene.tenantId, scene.subscriptionId, {});
    const cancelled = await scene.publish();
    await scene.advance({ by: HOUR });
    expect(scene.types()).toEqual(['message.attempt.failing']);
    await scene.services.deliveries.cancel(scene.tenantId, cancelled);
    scene.consumer.answer({ status: 500, headers: { 'webhook-delivery': 'abort-message' } });
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(scene.types()).toEqual(['message.attempt.failing']);
  });

  it('on the system clock too', async () => {
    const scene = await setScene(world, 'voyado', { clock: null });
    const { ears } = await hear(scene);
    const id = await scene.publish();
    for (let attempt = 1; attempt <= 8; attempt++) {
      await scene.untilAttempts(id, attempt);
      if (attempt === 8) break;
      await scene.until(id, 'pending');
      await scene.services.deliveries.retryNow(scene.tenantId, id);
    }
    const received = await ears.got(2);
    expect(received.map((r) => told(r).type)).toEqual([
      'message.attempt.failing',
      'message.attempt.exhausted',
    ]);
  });
});

describe('endpoint.disabled', () => {
  const data = (scene: Scene) => ({
    appId: svixApplicationId(scene.tenantId, 'default'),
    appUid: 'default',
    endpointId: svixId('ep', scene.subscriptionId),
  });

  it('after five days of failures, with the instant at which the clock started', async () => {
    const scene = await heard({ events: ['endpoint.disabled'] });
    for (const at of [0, 12 * HOUR, 12 * HOUR + 5 * DAY]) {
      await scene.advance({ to: START + at });
      const id = await scene.publish();
      await scene.advance({ by: 0 });
      if (at < 5 * DAY) await scene.services.deliveries.cancel(scene.tenantId, id);
    }
    expect((await scene.subscription()).status).toBe('disabled');
    expect(scene.ears.received.map(told)).toEqual([
      {
        type: 'endpoint.disabled',
        data: { ...data(scene), failSince: iso(12 * HOUR), trigger: 'automatic' },
      },
    ]);
  });

  it('by the answer of the endpoint: nothing failed before', async () => {
    const scene = await heard();
    scene.consumer.answer({ status: 200, headers: { 'webhook-delivery': 'disable' } });
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(scene.ears.received.map(told)).toEqual([
      { type: 'endpoint.disabled', data: { ...data(scene), failSince: null, trigger: 'automatic' } },
    ]);
  });

  it('by its user, with the consumer’s name for it; enabling it tells nothing', async () => {
    const scene = await setScene(world, 'voyado');
    const { ears } = await hear(scene);
    const { services, tenantId } = scene;
    const made = await services.subscriptions.create(
      tenantId,
      { provider: 'voyado', url: scene.consumer.url },
      { uid: 'shop' },
    );
    const id = bare(made.subscription.id);
    for (const active of [false, false, true]) await services.subscriptions.update(tenantId, id, { active });
    await scene.advance({ by: 0 });
    expect(ears.received.map(told)).toEqual([
      {
        type: 'endpoint.disabled',
        data: {
          ...data(scene),
          endpointId: svixId('ep', id),
          endpointUid: 'shop',
          failSince: null,
          trigger: 'manual',
        },
      },
    ]);
  });
});

describe('an application that a door keeps', () => {
  it('is told by its id and by its name', async () => {
    const scene = await setScene(world, 'voyado');
    const { ears } = await hear(scene);
    const profile = world.app.context.registry.get('voyado');
    const port = scene.services.doors.port({ id: scene.tenantId, slug: 'a', name: 'A' }, profile);
    const record = await port.records('application').create({ name: 'Shop' }, 'shop');
    const made = await scene.services.subscriptions.create(
      scene.tenantId,
      { provider: 'voyado', url: scene.consumer.url },
      { application: record.id },
    );
    await scene.services.subscriptions.update(scene.tenantId, bare(made.subscription.id), { active: false });
    await scene.advance({ by: 0 });
    expect(told(ears.received[0]!).data).toMatchObject({ appId: svixId('app', record.id), appUid: 'shop' });
  });
});

describe('those who hear', () => {
  it('get nothing else, and nobody else gets what they do', async () => {
    const scene = await heard();
    scene.consumer.answer(({ body }) => (body.toString().includes('"type"') ? 418 : 503));
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(scene.consumer.received).toHaveLength(8);
    expect(scene.ears.received).toHaveLength(2);
    const other = { provider: 'voyado', type: 'contact.created', subscriptionId: `sub_${scene.id}` };
    const { publish } = scene.services;
    expect(await refusalOf(publish.publish(scene.tenantId, other))).toBe('invalid_request');
    expect(await refusalOf(publish.test(scene.tenantId, scene.id, {}))).toBe('invalid_request');
  });

  it('never get an ordinary event by a recovery of what was never attempted', async () => {
    const scene = await heard();
    scene.consumer.answer(200);
    await scene.publish();
    const { recover } = scene.services.deliveries;
    for (const status of ['never_attempted', 'all'] as const)
      expect(await recover(scene.tenantId, scene.id, { since: START, status })).toMatchObject({ count: 0 });
    await scene.advance({ untilIdle: true });
    expect(scene.ears.received).toEqual([]);
  });

  it('choose among the four events, and no provider has those it does not speak of', async () => {
    const scene = await heard({ events: ['message.attempt.exhausted'] });
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(scene.types()).toEqual(['message.attempt.exhausted']);
    const { subscriptions } = scene.services;
    const create = (input: Partial<SubscriptionInput>, application: string) =>
      refusalOf(
        subscriptions.create(
          scene.tenantId,
          { provider: 'voyado', url: scene.consumer.url, ...input },
          { application },
        ),
      );
    expect(await create({ events: ['contact.created'] }, 'operational')).toBe('unknown_event');
    expect(await create({ events: ['endpoint.disabled'] }, 'default')).toBe('unknown_event');
    expect(await create({ provider: 'noyo' }, 'operational')).toBe('invalid_request');
  });

  it('are retried like anybody, and nothing is told of that', async () => {
    const scene = await heard();
    scene.ears.answer(503);
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(scene.ears.received).toHaveLength(16);
    expect(new Set(scene.ears.received.map(({ headers }) => headers['svix-id'])).size).toBe(2);
    for (const request of scene.ears.received) told(request);
    const { data } = await scene.services.history.deliveries(scene.tenantId, {
      subscriptionId: scene.id,
      limit: 50,
    });
    expect(data.map(({ status, reason, attemptCount }) => [status, reason, attemptCount])).toEqual(
      new Array(2).fill(['failed', 'exhausted', 8]),
    );
  });

  it('wait while they are paused, and miss what comes while they are disabled', async () => {
    const scene = await heard();
    const { subscriptions } = scene.services;
    await subscriptions.pause(scene.tenantId, scene.id);
    await scene.publish();
    await scene.advance({ to: START + HOUR });
    expect(scene.types()).toEqual([]);
    await subscriptions.resume(scene.tenantId, scene.id);
    await scene.advance({ by: 0 });
    expect(scene.types()).toEqual(['message.attempt.failing']);
    await subscriptions.update(scene.tenantId, scene.id, { active: false });
    await scene.advance({ untilIdle: true });
    expect(scene.types()).toEqual(['message.attempt.failing']);
  });

  it('hear of the environment that they are in', async () => {
    const scene = await heard();
    const staging = await hear(scene, { environment: 'staging' });
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect([scene.types().length, staging.types().length]).toEqual([2, 0]);
  });

  it('hear from the next attempt on when they come late, and no more once they are gone', async () => {
    const scene = await setScene(world, 'voyado');
    await scene.publish();
    await scene.advance({ to: START + HOUR });
    const late = await hear(scene);
    const gone = await hear(scene);
    await scene.services.subscriptions.remove(scene.tenantId, gone.id);
    await scene.advance({ untilIdle: true });
    expect([late.types(), gone.types()]).toEqual([['message.attempt.exhausted'], []]);
  });

  it('are told in the stream as well, after the attempt', async () => {
    const scene = await heard({ events: ['message.attempt.failing'] });
    const messages: StreamMessage[] = [];
    const stop = scene.services.stream.follow(scene.tenantId, null, (message) => messages.push(message));
    await scene.publish();
    await scene.advance({ to: START + FOURTH });
    stop();
    const events = messages.filter(({ type }) => type === 'event.created').map(({ data }) => data);
    expect(events).toMatchObject([
      { type: 'contact.created' },
      { type: 'message.attempt.failing', createdAt: iso(FOURTH), deliveries: [{ status: 'pending' }] },
    ]);
  });

  it('where there are none nothing is written', async () => {
    const scene = await setScene(world, 'voyado');
    await scene.publish();
    await scene.advance({ untilIdle: true });
    const { rows } = await world.app.context.db.pool.query('SELECT type FROM event WHERE tenant_id = $1', [
      scene.tenantId,
    ]);
    expect(rows).toEqual([{ type: 'contact.created' }]);
  });
});

describe('never lost, never twice', () => {
  it('one for each of many that fail at one instant', async () => {
    const scene = await heard({ maxInFlight: 100 });
    const events = Array.from({ length: 60 }, () => ({ provider: 'voyado', type: 'contact.created' }));
    const batch = await scene.services.publish.batch(scene.tenantId, events);
    await scene.advance({ untilIdle: true });
    const expected = batch.events.map(({ providerEventId }) => providerEventId).sort();
    for (const type of ['message.attempt.failing', 'message.attempt.exhausted']) {
      const mine = scene.ears.received.map(told).filter((one) => one.type === type);
      expect(mine.map(({ data }) => data.msgId).sort()).toEqual(expected);
    }
  });

  afterEach(async () => {
    await world.app.context.db.pool.query(
      'DROP TRIGGER IF EXISTS refusing ON event; DROP FUNCTION IF EXISTS refuse_told; DROP SEQUENCE IF EXISTS told_tries',
    );
  });

  it('the attempt and what is told of it are written together, or neither is', async () => {
    const scene = await heard();
    const { pool } = world.app.context.db;
    // The first six times, every transaction that tells something fails at its end.
    await pool.query(`CREATE SEQUENCE told_tries`);
    await pool.query(`CREATE FUNCTION refuse_told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.application = 'operational' AND nextval('told_tries') <= 6 THEN
        RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END IF;
      RETURN NEW; END $$`);
    await pool.query(
      'CREATE TRIGGER refusing BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse_told()',
    );
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { rows } = await pool.query<{ tries: string }>('SELECT last_value AS tries FROM told_tries');
    expect(Number(rows[0]!.tries)).toBe(8);
    const delivery = await scene.delivery(id);
    expect(delivery).toMatchObject({ status: 'failed', reason: 'exhausted', attemptCount: 8 });
    expect(delivery.attempts.map(({ number, outcome }) => `${number} ${outcome}`)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7].map((n) => `${n} retry`),
      '8 failed',
    ]);
    expect(scene.consumer.received).toHaveLength(8);
    expect(scene.types()).toEqual(['message.attempt.failing', 'message.attempt.exhausted']);
  });
});

describe('a sixth provider', () => {
  it('tells in words of its own, through the same engine', async () => {
    const { services } = world.app;
    const { id: tenantId } = await world.tenant();
    const provider = 'sixthsense';
    const [consumer, ears] = [await world.consumer(500), await world.consumer()];
    await services.clock.put(tenantId, { mode: 'manual', now: START });
    const made = await services.subscriptions.create(tenantId, { provider, url: consumer.url });
    await services.subscriptions.create(
      tenantId,
      { provider, url: ears.url, events: ['vision.lost'] },
      { application: 'operational' },
    );
    await services.publish.publish(tenantId, { provider, type: 'vision.felt' });
    await services.clock.advance(tenantId, { untilIdle: true });
    expect(ears.received.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      { kind: 'vision.lost', by: bare(made.subscription.id) },
    ]);
    expect(ears.received[0]!.headers).toHaveProperty('x-felt-at');
  });
});
