import { describe, expect, it } from 'vitest';
import { useDoorServer } from '../support/door.js';
import { documentText } from '../support/golden.js';
import { bare, HOUR, MINUTE, START } from '../support/scene.js';
import { healthSyncVerifies } from '../support/verifiers.js';
import { useWorld } from '../support/world.js';

const WEBHOOKS = '/healthsync/v1/webhooks';
const NOTHING = '019a0000-0000-7000-8000-000000000000';
const URL_OK = 'https://your-app.com/webhooks/healthsync';

const world = useWorld();
const door = useDoorServer(world);

/** A developer of HealthSync's, on a clock that stands. */
async function developer() {
  const tenant = await world.tenant();
  const { services } = world.app;
  await services.clock.put(tenant.id, { mode: 'manual', now: START });
  const ask = door.as({ authorization: `Bearer ${tenant.key}` });
  return {
    ...tenant,
    ask,
    create: (body: object) => ask('POST', WEBHOOKS, { url: URL_OK, events: ['document.uploaded'], ...body }),
    publish: async (type: string, more: object = {}) =>
      (await services.publish.publish(tenant.id, { provider: 'healthsync', type, ...more })).deliveries,
    advance: (by: number) => services.clock.advance(tenant.id, { by }),
    untilIdle: () => services.clock.advance(tenant.id, { untilIdle: true }),
    subscriptions: async () => (await services.subscriptions.list(tenant.id, { limit: 50 })).data,
  };
}

describe('the front door of HealthSync', () => {
  it('creates, lists, reads, changes and deletes', async () => {
    const { ask, create } = await developer();
    const made = await create({ events: ['document.uploaded', 'share.accessed'] });
    expect(made.status).toBe(201);
    const { id, attributes } = made.body.data;
    const { secret, ...shown } = attributes;
    expect(made.body).toEqual({ data: { id, type: 'webhook', attributes: { secret, ...shown } }, meta: {} });
    expect(secret).toMatch(/^.{43}$/);
    expect(shown).toEqual({
      url: URL_OK,
      events: ['document.uploaded', 'share.accessed'],
      active: true,
      created_at: '2026-01-01T00:00:00.000Z',
      updated_at: '2026-01-01T00:00:00.000Z',
    });
    const one = { data: { id, type: 'webhook', attributes: shown }, meta: {} };
    expect((await ask('GET', `${WEBHOOKS}/${id}`)).body).toEqual(one);
    expect((await ask('GET', WEBHOOKS)).body).toMatchObject({ data: [one.data], meta: { total: 1 } });

    for (const change of [
      { url: 'https://your-app.com/elsewhere' },
      { events: ['analysis.failed'] },
      { active: false },
      { active: true, events: ['user.updated', 'share.revoked'] },
    ]) {
      const changed = await ask('PATCH', `${WEBHOOKS}/${id}`, change);
      expect([changed.status, changed.body.data.attributes]).toMatchObject([200, change]);
      expect((await ask('GET', `${WEBHOOKS}/${id}`)).body).toEqual(changed.body);
    }
    const withSecret = await ask('PATCH', `${WEBHOOKS}/${id}`, { secret: 'of my choice' });
    expect(JSON.stringify(withSecret.body)).not.toContain('of my choice');
    const own = await create({ secret: 'typed by the user' });
    expect(JSON.stringify(own.body)).not.toContain('typed by the user');

    const gone = await ask('DELETE', `${WEBHOOKS}/${id}`);
    expect([gone.status, gone.body]).toEqual([204, undefined]);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect((await ask(method, `${WEBHOOKS}/${id}`, method === 'PATCH' ? {} : undefined)).status).toBe(404);
    expect((await ask('GET', WEBHOOKS)).body.data).toHaveLength(1);
  });

  const seed = documentText('seeds/healthsync.md');
  // A clone that stands alone has no copy of the page.
  if (seed !== null)
    it('takes the configuration that the page prints', async () => {
      const { ask, create } = await developer();
      const printed = JSON.parse(/### Example Configuration\s+```json\s+(.*?)```/s.exec(seed)![1]!);
      const { status, body } = await ask('POST', WEBHOOKS, printed);
      expect([status, body.data.attributes]).toMatchObject([201, printed]);
      const off = await create({ ...printed, active: false });
      expect(off.body.data.attributes.active).toBe(false);
    });

  it('sends what was chosen, signed with the secret in force at each attempt', async () => {
    const { ask, create, publish, advance } = await developer();
    const consumer = await world.consumer(503);
    const made = await create({ url: consumer.url, events: ['document.uploaded', 'analysis.completed'] });
    const { id, attributes } = made.body.data;
    expect(await publish('share.created')).toEqual([]);
    const [delivery] = await publish('analysis.completed');
    const first = (await consumer.got(1))[0]!;
    expect(healthSyncVerifies(attributes.secret, first)).toBe(true);
    expect(first.headers['x-healthsync-event']).toBe('analysis.completed');
    expect(first.headers['x-healthsync-delivery']).toBe(bare(delivery!.id));
    await advance(0);

    await ask('PATCH', `${WEBHOOKS}/${id}`, { secret: 'the new one' });
    consumer.answer(200);
    await advance(MINUTE);
    const second = (await consumer.got(2))[1]!;
    expect(second.body.equals(first.body)).toBe(true);
    expect([attributes.secret, 'the new one'].map((secret) => healthSyncVerifies(secret, second))).toEqual([
      false,
      true,
    ]);
  });

  it('sends nothing while it is disabled, retries included', async () => {
    const { ask, create, publish, untilIdle } = await developer();
    const consumer = await world.consumer(503);
    const { id } = (await create({ url: consumer.url })).body.data;
    await publish('document.uploaded');
    await consumer.got(1);
    await ask('PATCH', `${WEBHOOKS}/${id}`, { active: false });
    expect(await publish('document.uploaded')).toMatchObject([{ status: 'cancelled' }]);
    await untilIdle();
    expect(consumer.received).toHaveLength(1);
    consumer.answer(200);
    await ask('PATCH', `${WEBHOOKS}/${id}`, { active: true });
    await publish('document.uploaded');
    await untilIdle();
    expect(consumer.received).toHaveLength(2);
  });

  it('sends a test event of a type of one’s choice, once, and shows what was answered', async () => {
    const { ask, create, untilIdle } = await developer();
    const consumer = await world.consumer();
    consumer.answer({ status: 500, headers: { 'x-reason': 'closed' }, body: 'we are closed' });
    const { id } = (await create({ url: consumer.url, events: ['share.expired', 'share.revoked'] })).body
      .data;
    for (const [body, type] of [
      [{}, 'share.expired'],
      [{ type: 'family_member.added' }, 'family_member.added'],
    ] as const) {
      consumer.clear();
      const sent = await ask('POST', `${WEBHOOKS}/${id}/test`, body);
      expect([sent.status, sent.body.data]).toMatchObject([
        201,
        { type: 'delivery', attributes: { event_type: type } },
      ]);
      await untilIdle();
      expect(consumer.received.map(({ headers }) => headers['x-healthsync-event'])).toEqual([type]);
      const { data } = (await ask('GET', `${WEBHOOKS}/${id}/deliveries/${sent.body.data.id}`)).body;
      expect(data).toMatchObject({
        id: consumer.received[0]!.headers['x-healthsync-delivery'],
        attributes: {
          event_id: JSON.parse(consumer.received[0]!.body.toString()).id,
          status: 'failed',
          failed_attempts: 1,
          retry_attempts: 0,
          response_codes: [500],
          attempts: [
            {
              number: 1,
              retry: false,
              successful: false,
              response_code: 500,
              response: { body: 'we are closed' },
            },
          ],
        },
      });
      expect(data.attributes.attempts[0].response.headers).toContainEqual(['x-reason', 'closed']);
    }
  });

  it('keeps a log: successful deliveries, failed attempts, response codes, retry attempts, the failure rate', async () => {
    const { ask, create, publish, untilIdle } = await developer();
    const consumer = await world.consumer(200);
    const { id } = (await create({ url: consumer.url })).body.data;
    const log = async (query = '') => (await ask('GET', `${WEBHOOKS}/${id}/deliveries${query}`)).body;
    expect(await log()).toEqual({
      data: [],
      meta: {
        total: 0,
        page: 1,
        per_page: 20,
        total_pages: 0,
        successful_deliveries: 0,
        failed_deliveries: 0,
        failed_attempts: 0,
        retry_attempts: 0,
        response_codes: {},
        failure_rate: null,
      },
      links: {
        first: `${WEBHOOKS}/${id}/deliveries?page=1&per_page=20`,
        last: `${WEBHOOKS}/${id}/deliveries?page=1&per_page=20`,
        prev: null,
        next: null,
      },
    });
    const deliver = async (...answers: number[]) => {
      consumer.clear();
      consumer.answer((_, index) => answers[index]!);
      const [delivery] = await publish('document.uploaded');
      await untilIdle();
      return bare(delivery!.id);
    };
    const good = await deliver(200);
    const slow = await deliver(500, 503, 200);
    const lost = await deliver(500, 500, 404, 429, 201);
    const other = await deliver(200);

    const { data, meta } = await log();
    expect(meta).toMatchObject({
      total: 4,
      successful_deliveries: 3,
      failed_deliveries: 1,
      failed_attempts: 7,
      retry_attempts: 6,
      response_codes: { 200: 3, 201: 1, 404: 1, 429: 1, 500: 3, 503: 1 },
      failure_rate: 0.25,
    });
    const told = ({ id, attributes: a }: (typeof data)[number]) => [
      id,
      a.status,
      a.failed_attempts,
      a.retry_attempts,
      a.response_codes,
    ];
    expect(data.map(told)).toEqual([
      [other, 'delivered', 0, 0, [200]],
      [lost, 'failed', 5, 4, [500, 500, 404, 429, 201]],
      [slow, 'delivered', 2, 2, [500, 503, 200]],
      [good, 'delivered', 0, 0, [200]],
    ]);
    const [, retry] = data[2].attributes.attempts;
    const started = Date.parse(data[2].attributes.created_at);
    expect(retry).toMatchObject({
      number: 2,
      attempted_at: new Date(started + MINUTE).toISOString(),
      retry: true,
      successful: false,
      response_code: 503,
    });

    expect((await log('?status=failed')).data.map(told)).toEqual([told(data[1])]);
    expect((await log('?status=failed')).meta.total).toBe(1);
    const last = await log('?page=2&per_page=3');
    expect([last.data.map(told), last.meta.total_pages]).toEqual([[told(data[3])], 2]);
    expect(last.links.next).toBeNull();
    const before = (await ask('GET', last.links.prev)).body;
    expect(before.data).toEqual(data.slice(0, 3));
    expect(before.links.next).toBe(`${WEBHOOKS}/${id}/deliveries?page=2&per_page=3`);
  });

  it('lists page by page, in either order', async () => {
    const { ask, create } = await developer();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await create({})).body.data.id);
    const seen: string[] = [];
    for (let at: string | null = `${WEBHOOKS}?per_page=2&sort=created_at`; at; ) {
      const { body } = await ask('GET', at);
      expect(body.meta).toMatchObject({ total: 5, per_page: 2, total_pages: 3 });
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      at = body.links.next;
    }
    expect(seen).toEqual(ids);
    const newest = (await ask('GET', WEBHOOKS)).body.data.map(({ id }: { id: string }) => id);
    expect(newest).toEqual(ids.toReversed());
    expect((await ask('GET', `${WEBHOOKS}?page=4&per_page=2`)).body.data).toEqual([]);
  });

  it('has a sandbox that does not mix, and nobody else’s webhooks', async () => {
    const { ask, create, publish } = await developer();
    const live = (await create({})).body.data.id;
    const sandbox = '/healthsync-sandbox/v1/webhooks';
    const tried = (await ask('POST', sandbox, { url: URL_OK, events: ['document.uploaded'] })).body.data.id;
    const reached = async (more: object) =>
      (await publish('document.uploaded', more)).map(({ subscriptionId }) => bare(subscriptionId));
    expect([await reached({}), await reached({ environment: 'sandbox' })]).toEqual([[live], [tried]]);
    const stranger = await developer();
    const delivery = (await publish('document.uploaded'))[0]!;
    const elsewhere = [
      await ask('GET', `${sandbox}/${live}`),
      await ask('DELETE', `${WEBHOOKS}/${tried}`),
      await stranger.ask('GET', `${WEBHOOKS}/${live}`),
      await stranger.ask('PATCH', `${WEBHOOKS}/${live}`, { active: false }),
      await stranger.ask('DELETE', `${WEBHOOKS}/${live}`),
      await stranger.ask('POST', `${WEBHOOKS}/${live}/test`, {}),
      await stranger.ask('GET', `${WEBHOOKS}/${live}/deliveries`),
      await ask('GET', `${sandbox}/${tried}/deliveries/${bare(delivery.id)}`),
      await ask('GET', `${WEBHOOKS}/${live}/deliveries/${NOTHING}`),
      await ask('GET', `${WEBHOOKS}/nonsense`),
    ];
    expect(elsewhere.map(({ status, body }) => [status, body.error.code])).toEqual(
      elsewhere.map(() => [404, 'not_found']),
    );
    expect((await ask('GET', `${WEBHOOKS}/${live}`)).body.data.attributes.active).toBe(true);
    expect((await ask('GET', sandbox)).body.data).toHaveLength(1);
  });

  it('counts the requests of an hour under a plan that limits them', async () => {
    const { id, ask, advance } = await developer();
    const { settings } = world.app.services;
    expect((await ask('GET', WEBHOOKS)).headers.get('x-ratelimit-limit')).toBeNull();
    await settings.put(id, 'healthsync', { settings: { plan: 'premium' } });
    expect((await ask('GET', WEBHOOKS)).headers.get('x-ratelimit-limit')).toBe('1000');
    await settings.put(id, 'healthsync', { settings: { plan: 'plus' } });
    let answer = await ask('GET', WEBHOOKS);
    for (let i = 0; i < 98; i++) answer = await ask('GET', WEBHOOKS);
    expect([answer.status, answer.headers.get('x-ratelimit-remaining')]).toEqual([200, '0']);
    expect(answer.headers.get('x-ratelimit-reset')).toBe(String((START + HOUR) / 1000));
    const refused = await ask('GET', WEBHOOKS);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'rate_limited']);
    await advance(HOUR);
    expect((await ask('GET', WEBHOOKS)).status).toBe(200);
  });

  const ok = { url: URL_OK, events: ['document.uploaded'] };
  it.each([
    ['nothing', {}, 422, ['url', 'events']],
    ['no events', { url: URL_OK, events: [] }, 422, ['events']],
    ['an unknown event', { ...ok, events: ['document.uploaded', 'document.eaten'] }, 422, ['events.1']],
    ['plain http', { ...ok, url: 'http://your-app.com/hook' }, 422, ['url']],
    ['a private address', { ...ok, url: 'https://10.0.0.1/hook' }, 422, ['url']],
    ['a URL that is none', { ...ok, url: 'your-app.com' }, 422, ['url']],
    ['an empty secret', { ...ok, secret: '' }, 422, ['secret']],
    ['a secret with a NUL', { ...ok, secret: 'a\u0000b' }, 422, ['secret']],
    ['active of another type', { ...ok, active: 'yes' }, 422, ['active']],
    ['a key too many', { ...ok, description: 'x' }, 422, ['description']],
    ['a list', [ok], 400, ['body']],
    ['no JSON', '{"url":', 400, ['body']],
  ] as const)('refuses %s and keeps nothing', async (_, body, status, fields) => {
    const { ask, subscriptions } = await developer();
    const answer = await ask('POST', WEBHOOKS, body);
    expect([answer.status, answer.body.error.code]).toEqual([
      status,
      status === 422 ? 'validation_error' : 'invalid_request',
    ]);
    expect(Object.keys(answer.body.error.details)).toEqual(fields);
    expect(await subscriptions()).toEqual([]);
  });

  it('a change that is refused changes nothing, not even what was fine in it', async () => {
    const { id: tenantId, ask, create } = await developer();
    const { id } = (await create({ secret: 'the first' })).body.data;
    const before = (await ask('GET', `${WEBHOOKS}/${id}`)).body;
    for (const change of [
      { url: 'https://your-app.com/b', events: ['nope'] },
      { events: ['user.updated'], secret: '' },
      { secret: 'the second', url: 'http://your-app.com/b' },
      { active: false, events: [] },
      { id: 'x' },
    ])
      expect((await ask('PATCH', `${WEBHOOKS}/${id}`, change)).status).toBe(422);
    expect((await ask('GET', `${WEBHOOKS}/${id}`)).body).toEqual(before);
    const { data } = await world.app.services.secrets.list(tenantId, id, { limit: 10 });
    expect(data).toHaveLength(1);
    for (const query of ['?page=0', '?per_page=101', '?sort=url', '?nope=1'])
      expect((await ask('GET', WEBHOOKS + query)).status, query).toBe(422);
    expect((await ask('POST', `${WEBHOOKS}/${id}/test`, { type: 'document.eaten' })).status).toBe(422);
    await world.app.services.subscriptions.pause(tenantId, id);
    const paused = await ask('POST', `${WEBHOOKS}/${id}/test`, {});
    expect([paused.status, paused.body.error.message]).toEqual([422, expect.stringContaining('paused')]);
    expect((await ask('GET', `${WEBHOOKS}/${id}/deliveries`)).body.meta.total).toBe(0);
  });

  it('refuses whoever may not, and what is not there, in the same shape', async () => {
    const { id, ask } = await developer();
    const { key: readKey } = await world.app.services.keys.create(id, { scope: 'read' });
    const reader = door.as({ authorization: `Bearer ${readKey}` });
    const seen = [
      await door.as({})('GET', WEBHOOKS),
      await door.as({ authorization: 'Bearer YOUR_API_KEY' })('GET', WEBHOOKS),
      await reader('POST', WEBHOOKS, ok),
      await ask('GET', '/healthsync/v1/shares'),
      await ask('PUT', WEBHOOKS, ok),
      await ask('POST', WEBHOOKS, `"${'x'.repeat(1024 * 1024)}"`),
    ].map(({ status, body }) => [status, body.error.code]);
    expect(seen).toEqual([
      [401, 'unauthorized'],
      [401, 'unauthorized'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [405, 'method_not_allowed'],
      [413, 'invalid_request'],
    ]);
    expect((await reader('GET', WEBHOOKS)).body.data).toEqual([]);
  });
});
