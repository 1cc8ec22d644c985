import { describe, expect, it } from 'vitest';
import { type DoorReply, useDoorServer } from '../support/door.js';
import { documentText } from '../support/golden.js';
import { bare, DAY, HOUR, SECOND, START } from '../support/scene.js';
import { noyoVerifies } from '../support/verifiers.js';
import { useWorld } from '../support/world.js';

const SUBSCRIPTIONS = '/noyo/subscriptions';
const NOTHING = '019a0000-0000-7000-8000-000000000000';
const DESTINATION = 'https://benefits.example/hooks/noyo';
const SECRET = 'correct horse battery staple';
const SANDBOX = 'Webhooks are only available in production environments and are not available in sandbox.';

const world = useWorld();
const door = useDoorServer(world);

/** A platform that receives from Noyo, on a clock that stands. No answer it gets carries one of its secrets. */
async function platform() {
  const tenant = await world.tenant();
  const { services } = world.app;
  await services.clock.put(tenant.id, { mode: 'manual', now: START });
  const asked = door.as({ authorization: `Bearer ${tenant.key}` });
  const told = new Set<string>([SECRET]);
  const ask = async (method: string, path: string, body?: unknown): Promise<DoorReply> => {
    const { secret } = (body ?? {}) as { secret?: unknown };
    if (typeof secret === 'string' && secret.length > 1) told.add(secret);
    const answer = await asked(method, path, body);
    const seen = JSON.stringify([answer.body ?? null, [...answer.headers]]);
    for (const value of told) expect(seen).not.toContain(value);
    return answer;
  };
  return {
    ...tenant,
    ask,
    create: (more: object = {}) =>
      ask('POST', SUBSCRIPTIONS, { destination: DESTINATION, secret: SECRET, ...more }),
    publish: async () =>
      (await services.publish.publish(tenant.id, { provider: 'noyo', type: 'difference.created' }))
        .deliveries,
    advance: (by: number) => services.clock.advance(tenant.id, { by }),
    untilIdle: () => services.clock.advance(tenant.id, { untilIdle: true }),
    subscriptions: async () => (await services.subscriptions.list(tenant.id, { limit: 50 })).data,
  };
}

describe('the front door of Noyo', () => {
  it('is the form, and a list of what was made with it', async () => {
    const { ask, create } = await platform();
    const made = await create({ api_key_name: '2026 A' });
    expect(made.status).toBe(201);
    const { id, secrets } = made.body;
    expect(made.body).toEqual({
      id,
      destination: DESTINATION,
      environment: 'production',
      status: 'active',
      unhealthy_since: null,
      secrets: [{ id: secrets[0].id, api_key_name: '2026 A', created: START / SECOND, expires: null }],
      created: START / SECOND,
      modified: START / SECOND,
    });
    expect(made.headers.get('ringer-notice')).toBeNull();
    expect((await ask('GET', `${SUBSCRIPTIONS}/${id}`)).body).toEqual(made.body);
    const other = (await create({ environment: 'production' })).body;
    expect(other.secrets).toMatchObject([{ api_key_name: null }]);
    expect((await ask('GET', SUBSCRIPTIONS)).body).toEqual({
      meta: { offset: 0, page_num: 1, page_size: 50, total_records: 2 },
      response: [other, made.body],
    });
    expect((await ask('GET', `${SUBSCRIPTIONS}?page_size=1&offset=1`)).body).toEqual({
      meta: { offset: 1, page_num: 2, page_size: 1, total_records: 2 },
      response: [made.body],
    });
    const gone = await ask('DELETE', `${SUBSCRIPTIONS}/${id}`);
    expect([gone.status, gone.body]).toEqual([204, undefined]);
    expect((await ask('GET', `${SUBSCRIPTIONS}/${id}`)).status).toBe(404);
    expect((await ask('GET', SUBSCRIPTIONS)).body.response).toEqual([other]);
  });

  it('says when a secret is short, and takes it', async () => {
    const { ask, create } = await platform();
    for (const [secret, says] of [
      ['fifteen letters', /shorter than 16/],
      ['ü', /shorter than 16/],
      ['sixteen letters!', null],
    ] as const) {
      const made = await create({ secret });
      expect(made.status, secret).toBe(201);
      const notice = made.headers.get('ringer-notice');
      if (says) expect(notice, secret).toMatch(says);
      else expect(notice, secret).toBeNull();
      const added = await ask('POST', `${SUBSCRIPTIONS}/${made.body.id}/secrets`, { secret });
      expect(added.headers.get('ringer-notice'), secret).toBe(notice);
    }
  });

  it('refuses sandbox with the reason that is documented', async () => {
    const { create, subscriptions } = await platform();
    const refused = await create({ environment: 'sandbox' });
    expect([refused.status, refused.body]).toEqual([
      422,
      { message: expect.stringContaining(SANDBOX), errors: { environment: SANDBOX } },
    ]);
    const seed = documentText('seeds/noyo.md');
    expect(seed ?? SANDBOX).toContain(SANDBOX);
    expect(await subscriptions()).toEqual([]);
  });

  it('sends a test request to one subscription, once, signed like any other', async () => {
    const { ask, create, untilIdle } = await platform();
    const consumer = await world.consumer(500);
    const { id } = (await create({ destination: consumer.url })).body;
    await create({ destination: consumer.url });
    const sent = await ask('POST', `${SUBSCRIPTIONS}/${id}/test`);
    expect(sent.status).toBe(202);
    await untilIdle();
    expect(consumer.received).toHaveLength(1);
    const [arrived] = consumer.received;
    expect(JSON.parse(arrived!.body.toString())).toEqual({
      data: { message: 'Hello world!' },
      event: { type: 'test.hello_world', created: START / SECOND, id: sent.body.event_id },
    });
    expect(noyoVerifies(SECRET, arrived!)).toBe(true);
    expect((await ask('GET', `${SUBSCRIPTIONS}/${id}`)).body.status).toBe('active');
  });

  it('shows the health of a subscription', async () => {
    const { ask, create, publish, advance } = await platform();
    const consumer = await world.consumer(500);
    const { id } = (await create({ destination: consumer.url })).body;
    await publish();
    await advance(0);
    const state = async () => {
      const { status, unhealthy_since } = (await ask('GET', `${SUBSCRIPTIONS}/${id}`)).body;
      return [status, unhealthy_since];
    };
    expect(await state()).toEqual(['unhealthy', START / SECOND]);
    consumer.answer(200);
    await advance(HOUR);
    expect(await state()).toEqual(['active', null]);
  });

  /** A subscription with two live secrets, and what the endpoint has seen signed with which. */
  async function rotating(more: object = {}) {
    const noyo = await platform();
    const consumer = await world.consumer(200);
    const made = (await noyo.create({ destination: consumer.url, api_key_name: 'old' })).body;
    const secrets = `${SUBSCRIPTIONS}/${made.id}/secrets`;
    const next = 'the second of two secrets';
    const added = await noyo.ask('POST', secrets, { secret: next, api_key_name: 'new', ...more });
    /** Publishes; whether the old and the new secret accept, and how many signatures there are. */
    const seen = async () => {
      const before = consumer.received.length;
      await noyo.publish();
      const arrived = (await consumer.got(before + 1))[before]!;
      const lines = arrived.rawHeaders.filter(([name]) => name.toLowerCase() === 'x-noyo-signature');
      expect(lines).toHaveLength(1);
      expect(lines[0]![1]).toMatch(/^[0-9a-f]{64}(,[0-9a-f]{64})*$/);
      const accepted = [SECRET, next].map((secret) => noyoVerifies(secret, arrived));
      return [...accepted, lines[0]![1].split(',').length];
    };
    const names = async () =>
      (await noyo.ask('GET', `${SUBSCRIPTIONS}/${made.id}`)).body.secrets.map(
        (secret: { api_key_name: string }) => secret.api_key_name,
      );
    return { ...noyo, consumer, made, added, secrets, seen, names };
  }

  it('rotates with two live keys in one header, a comma and no space between, for a day', async () => {
    const { added, seen, names, advance } = await rotating();
    expect([added.status, added.body]).toEqual([
      201,
      { id: added.body.id, api_key_name: 'new', created: START / SECOND, expires: null },
    ]);
    expect(await names()).toEqual(['new', 'old']);
    expect(await seen()).toEqual([true, true, 2]);
    await advance(DAY - SECOND);
    expect(await seen()).toEqual([true, true, 2]);
    await advance(SECOND);
    expect(await names()).toEqual(['new']);
    expect(await seen()).toEqual([false, true, 1]);
  });

  it('retires the old one as soon as it is told to, pending retries included', async () => {
    const { ask, consumer, made, secrets, publish, advance, names, seen } = await rotating();
    consumer.answer(503);
    await publish();
    const first = (await consumer.got(1))[0]!;
    expect(noyoVerifies(SECRET, first)).toBe(true);
    await advance(0);
    const retired = await ask('DELETE', `${secrets}/${made.secrets[0].id}`);
    expect([retired.status, retired.body]).toEqual([204, undefined]);
    expect(await names()).toEqual(['new']);
    consumer.answer(200);
    await advance(10 * SECOND);
    expect(consumer.received).toHaveLength(2);
    expect(noyoVerifies(SECRET, consumer.received[1]!)).toBe(false);
    expect(await seen()).toEqual([false, true, 1]);
    expect((await ask('DELETE', `${secrets}/${made.secrets[0].id}`)).status).toBe(404);
  });

  it('retires the new one as well: the old one then signs without an end', async () => {
    const { ask, added, secrets, seen, advance, names } = await rotating({ overlap_seconds: 60 });
    expect((await ask('DELETE', `${secrets}/${added.body.id}`)).status).toBe(204);
    await advance(8 * DAY);
    expect(await names()).toEqual(['old']);
    expect(await seen()).toEqual([true, false, 1]);
  });

  it('switches at once where the overlap is nothing, and never retires the last', async () => {
    const { ask, added, secrets, seen, names } = await rotating({ overlap_seconds: 0 });
    expect(await names()).toEqual(['new']);
    expect(await seen()).toEqual([false, true, 1]);
    const last = await ask('DELETE', `${secrets}/${added.body.id}`);
    expect([last.status, last.body.message]).toEqual([409, expect.stringContaining('add another one first')]);
    expect(await seen()).toEqual([false, true, 1]);
  });

  it('has nobody else’s subscriptions', async () => {
    const { ask, create } = await platform();
    const stranger = await platform();
    const { id, secrets } = (await create()).body;
    const own = (await stranger.create()).body;
    const elsewhere = [
      await stranger.ask('GET', `${SUBSCRIPTIONS}/${id}`),
      await stranger.ask('DELETE', `${SUBSCRIPTIONS}/${id}`),
      await stranger.ask('POST', `${SUBSCRIPTIONS}/${id}/test`),
      await stranger.ask('POST', `${SUBSCRIPTIONS}/${id}/secrets`, { secret: 'taken over by another' }),
      await stranger.ask('DELETE', `${SUBSCRIPTIONS}/${own.id}/secrets/${secrets[0].id}`),
      await ask('GET', `${SUBSCRIPTIONS}/${NOTHING}`),
      await ask('DELETE', `${SUBSCRIPTIONS}/nonsense`),
      await ask('DELETE', `${SUBSCRIPTIONS}/${id}/secrets/nonsense`),
    ];
    expect(elsewhere.map(({ status, body }) => [status, body.errors])).toEqual(
      elsewhere.map(() => [404, {}]),
    );
    expect((await ask('GET', `${SUBSCRIPTIONS}/${id}`)).body.secrets).toEqual(secrets);
  });

  const ok = { destination: DESTINATION, secret: SECRET };
  it.each([
    ['nothing', {}, 422, ['destination', 'secret']],
    ['no secret', { destination: DESTINATION }, 422, ['secret']],
    ['an empty secret', { ...ok, secret: '' }, 422, ['secret']],
    ['a secret without end', { ...ok, secret: 'x'.repeat(1001) }, 422, ['secret']],
    ['a secret with a NUL', { ...ok, secret: `${SECRET}\u0000` }, 422, ['secret']],
    ['plain http', { ...ok, destination: 'http://benefits.example/hook' }, 422, ['destination']],
    ['a private address', { ...ok, destination: 'https://192.168.0.1/hook' }, 422, ['destination']],
    ['no URL', { ...ok, destination: 'benefits.example' }, 422, ['destination']],
    ['an environment that nobody knows', { ...ok, environment: 'staging' }, 422, ['environment']],
    ['an empty name', { ...ok, api_key_name: '' }, 422, ['api_key_name']],
    ['a name that is no text', { ...ok, api_key_name: 7 }, 422, ['api_key_name']],
    ['a filter of events', { ...ok, events: ['difference.created'] }, 422, ['events']],
    ['a list', [ok], 400, ['body']],
    ['no JSON', '{"destination":', 400, ['body']],
  ] as const)('refuses %s and keeps nothing', async (_, body, status, fields) => {
    const { ask, subscriptions } = await platform();
    const answer = await ask('POST', SUBSCRIPTIONS, body);
    expect([answer.status, Object.keys(answer.body.errors)]).toEqual([status, fields]);
    expect(answer.body.message).not.toBe('');
    expect(await subscriptions()).toEqual([]);
  });

  it('refuses a rotation that does not fit, and keeps the secrets as they were', async () => {
    const { id: tenantId, ask, create } = await platform();
    const { id, secrets } = (await create()).body;
    const path = `${SUBSCRIPTIONS}/${id}/secrets`;
    const fine = { secret: 'one that would do' };
    for (const [body, field] of [
      [{}, 'secret'],
      [{ secret: '' }, 'secret'],
      [{ ...fine, overlap_seconds: 7 * 86_400 + 1 }, 'overlap_seconds'],
      [{ ...fine, overlap_seconds: -1 }, 'overlap_seconds'],
      [{ ...fine, overlap: '1d' }, 'overlap'],
    ] as const) {
      const answer = await ask('POST', path, body);
      expect([answer.status, Object.keys(answer.body.errors)], JSON.stringify(body)).toEqual([422, [field]]);
    }
    await world.app.services.subscriptions.update(tenantId, id, { presets: ['singleSecret'] });
    const single = await ask('POST', path, { ...fine, overlap_seconds: 60 });
    expect([single.status, Object.keys(single.body.errors)]).toEqual([422, ['overlap_seconds']]);
    expect((await ask('GET', `${SUBSCRIPTIONS}/${id}`)).body.secrets).toEqual(secrets);
    for (const query of ['?page_size=0', '?offset=-1', '?page=2'])
      expect((await ask('GET', SUBSCRIPTIONS + query)).status, query).toBe(422);
    await world.app.services.subscriptions.pause(tenantId, id);
    expect((await ask('POST', `${SUBSCRIPTIONS}/${id}/test`)).status).toBe(409);
  });

  it('refuses whoever may not, and what is not there, in the same shape', async () => {
    const { id, ask } = await platform();
    const { key: readKey } = await world.app.services.keys.create(id, { scope: 'read' });
    const reader = door.as({ authorization: `Bearer ${readKey}` });
    const seen = [
      await door.as({})('GET', SUBSCRIPTIONS),
      await door.as({ authorization: 'Bearer nonsense' })('GET', SUBSCRIPTIONS),
      await reader('POST', SUBSCRIPTIONS, ok),
      await ask('GET', '/noyo/webhooks'),
      await ask('PATCH', `${SUBSCRIPTIONS}/${NOTHING}`, {}),
    ].map(({ status, body }) => [status, typeof body.message, body.errors]);
    expect(seen).toEqual([401, 401, 403, 404, 405].map((status) => [status, 'string', {}]));
    expect((await reader('GET', SUBSCRIPTIONS)).body.response).toEqual([]);
  });

  it('makes the same subscriptions as Ringer’s own API', async () => {
    const { id: tenantId, ask } = await platform();
    const { subscription } = await world.app.services.subscriptions.create(tenantId, {
      provider: 'noyo',
      url: DESTINATION,
    });
    const { body } = await ask('GET', `${SUBSCRIPTIONS}/${bare(subscription.id)}`);
    expect(body).toMatchObject({ destination: DESTINATION, secrets: [{ api_key_name: null }] });
  });
});
