import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { MASK } from '../../src/lib/mask.js';
import type { StreamMessage } from '../../src/services/stream.js';
import { apiOf } from '../support/api.js';
import { selfSigned } from '../support/certificates.js';
import { HOUR, MINUTE, START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

type Method = 'get' | 'post' | 'put' | 'delete';

/** Somebody who works with HealthSherpa's door by HTTP alone, on a clock that stands. */
async function client(status = 200) {
  const { id: tenantId, key } = await world.tenant();
  const { services, context } = world.app;
  const consumer = await world.consumer(status);
  await services.clock.put(tenantId, { mode: 'manual', now: START });
  const { app } = apiOf(world);
  const ask = async (method: Method, path: string, body?: unknown) => {
    const answer = await supertest(app)
      [method](`/healthsherpa${path}`)
      .set('x-api-key', key)
      .send(body as object);
    const { door } = context.registry.get('healthsherpa');
    if (answer.status >= 400) expect(door!.refusal.safeParse(answer.body).error).toBeUndefined();
    return { status: answer.status, body: answer.body };
  };
  const told: StreamMessage[] = [];
  context.stream.follow(tenantId, null, (message) => told.push(message));
  const form = (more: object = {}) => ({
    webhook_url: consumer.url,
    exchange: 'both',
    webhooks: 'both',
    environment: 'production',
    ...more,
  });
  const publish = (more: object = {}) =>
    services.publish.publish(tenantId, { provider: 'healthsherpa', type: 'sync', ...more });
  const advance = async (by: number) => (await services.clock.advance(tenantId, { by })).body;
  /** Handed in, configured and, unless told otherwise, live. */
  const onboarded = async (more: object = {}, live = true) => {
    const { onboarding_id: id } = (await ask('post', '/onboarding', form(more))).body;
    expect((await ask('post', `/onboarding/${id}/configure`)).status).toBe(200);
    if (live) expect((await ask('post', `/onboarding/${id}/go-live`)).status).toBe(200);
    return id as string;
  };
  return { tenantId, key, app, services, consumer, ask, told, form, publish, advance, onboarded };
}

describe('the onboarding form', () => {
  it('goes from requested over configured in staging to live, and the stream tells each', async () => {
    const { ask, form, publish, advance, consumer, told, services, tenantId } = await client();
    const made = await ask('post', '/onboarding', form());
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      status: 'requested',
      live_in: null,
      environment: 'production',
      authentication: { type: 'none' },
    });
    const id = made.body.onboarding_id as string;
    const at = `/onboarding/${id}`;
    expect((await publish({ environment: 'sandbox' })).deliveries).toEqual([]);
    expect((await publish()).deliveries).toEqual([]);

    const configured = await ask('post', `${at}/configure`);
    expect(configured.body).toMatchObject({ status: 'configured', live_in: 'sandbox' });
    expect((await publish()).deliveries).toEqual([]);
    expect((await publish({ environment: 'sandbox' })).deliveries).toHaveLength(1);
    expect(await advance(0)).toMatchObject({ delivered: 1 });

    const live = await ask('post', `${at}/go-live`);
    expect(live.body).toMatchObject({ status: 'live', live_in: 'production' });
    expect((await publish({ environment: 'sandbox' })).deliveries).toEqual([]);
    expect((await publish()).deliveries).toHaveLength(1);
    expect(await advance(0)).toMatchObject({ delivered: 1 });
    expect(consumer.received).toHaveLength(2);

    const statuses = told.flatMap(({ type, data }) =>
      type === 'subscription.updated' ? [[data.status, data.environment]] : [],
    );
    expect(statuses).toEqual([
      ['requested', 'sandbox'],
      ['configured', 'sandbox'],
      ['active', 'production'],
    ]);
    expect((await services.subscriptions.read(tenantId, id)).status).toBe('active');
  });

  it('takes no step twice, none before the other, and says which ones there are', async () => {
    const { ask, form } = await client();
    const { body } = await ask('post', '/onboarding', form({ environment: 'sandbox' }));
    const at = `/onboarding/${body.onboarding_id}`;
    const rels = async () => (await ask('get', at)).body.next_actions.map(({ rel }: { rel: string }) => rel);
    expect(await rels()).toEqual(['self', 'configure']);
    const early = await ask('post', `${at}/go-live`);
    expect([early.status, early.body.errors[0].code]).toEqual([409, 'conflict']);
    expect((await ask('post', `${at}/samples`, {})).body.errors[0].code).toBe('not_configured');
    const both = await Promise.all([ask('post', `${at}/configure`), ask('post', `${at}/configure`)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await rels()).toEqual(['self', 'go_live', 'sample', 'replay']);
    expect((await ask('post', `${at}/go-live`)).body.live_in).toBe('sandbox');
    expect((await ask('post', `${at}/go-live`)).status).toBe(409);
    expect((await ask('post', `${at}/configure`)).status).toBe(409);
    expect(await rels()).toEqual(['self', 'sample', 'replay']);
  });

  it('leaves what the API makes live from the start, and shows it', async () => {
    const { ask, services, tenantId, consumer } = await client();
    const { subscription } = await services.subscriptions.create(tenantId, {
      provider: 'healthsherpa',
      url: consumer.url,
      secret: 'signing',
    });
    const { onboardings } = (await ask('get', '/onboarding')).body;
    expect(onboardings).toMatchObject([
      {
        onboarding_id: subscription.id.slice(4),
        status: 'live',
        live_in: 'production',
        authentication: { type: 'hmac', secret: MASK },
      },
    ]);
  });

  it('is listed by status and page by page, for its own tenant only', async () => {
    const mine = await client();
    const ids = [];
    for (let i = 0; i < 3; i++)
      ids.unshift((await mine.ask('post', '/onboarding', mine.form())).body.onboarding_id);
    await mine.ask('post', `/onboarding/${ids[0]}/configure`);
    const listed = async (query: string) =>
      (await mine.ask('get', `/onboarding${query}`)).body.onboardings.map(
        ({ onboarding_id }: { onboarding_id: string }) => onboarding_id,
      );
    expect(await listed('')).toEqual(ids);
    expect(await listed('?limit=2')).toEqual(ids.slice(0, 2));
    expect(await listed(`?limit=2&after=${ids[1]}`)).toEqual(ids.slice(2));
    expect(await listed('?status=requested')).toEqual(ids.slice(1));
    expect(await listed('?status=configured')).toEqual(ids.slice(0, 1));
    expect(await listed('?status=live')).toEqual([]);
    const other = await client();
    expect((await other.ask('get', '/onboarding')).body).toEqual({ onboardings: [] });
    for (const [method, path] of [
      ['get', ''],
      ['delete', ''],
      ['post', '/configure'],
    ] as const)
      expect((await other.ask(method, `/onboarding/${ids[0]}${path}`)).status).toBe(404);
    expect((await mine.ask('delete', `/onboarding/${ids[0]}`)).status).toBe(204);
    expect((await mine.ask('get', `/onboarding/${ids[0]}`)).status).toBe(404);
  });

  it('asks for every authentication there is, and what arrives carries it', async () => {
    const authority = selfSigned({ commonName: 'authority' });
    const { cert, key } = authority.issue({ commonName: 'ringer' });
    const { ask, form, onboarded, consumer, advance, publish } = await client();
    const token = await world.consumer();
    token.answer({ status: 200, body: '{"access_token":"fetched"}' });
    const cases: [object, object, Record<string, unknown>][] = [
      [{ type: 'none' }, { type: 'none' }, {}],
      [
        { type: 'api_key', value: 'k', header: 'X-Own' },
        { type: 'api_key', value: MASK, header: 'X-Own' },
        { 'x-own': 'k' },
      ],
      [
        { type: 'basic', username: 'u', password: 'p' },
        { type: 'basic', username: 'u', password: MASK },
        { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` },
      ],
      [{ type: 'bearer', token: 't' }, { type: 'bearer', token: MASK }, { authorization: 'Bearer t' }],
      [
        { type: 'custom_headers', headers: { 'X-One': '1', 'X-Two': '2' } },
        { type: 'custom_headers', headers: { 'X-One': MASK, 'X-Two': MASK } },
        { 'x-one': '1', 'x-two': '2' },
      ],
      [
        { type: 'oauth2_client_credentials', token_url: token.url, client_id: 'i', client_secret: 's' },
        { type: 'oauth2_client_credentials', token_url: token.url, client_id: 'i', client_secret: MASK },
        { authorization: 'Bearer fetched' },
      ],
      [
        { type: 'hmac', secret: 'shared' },
        { type: 'hmac', secret: MASK },
        { 'x-webhook-signature': expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
      [
        { type: 'mtls', client_certificate: cert, client_key: key },
        { type: 'mtls', client_certificate: cert, client_key: MASK },
        {},
      ],
    ];
    for (const [authentication, shown, carried] of cases) {
      consumer.clear();
      const id = await onboarded({ authentication, certificate_authority: authority.cert });
      const { body } = await ask('get', `/onboarding/${id}`);
      expect(body.authentication).toMatchObject(shown);
      expect(body.certificate_authority).toBe(authority.cert);
      // The mask keeps what it stands for; the rest of the form is what was given last.
      const changed = form({ authentication: body.authentication, webhooks: 'policy_status' });
      expect((await ask('put', `/onboarding/${id}`, changed)).body).toMatchObject({
        status: 'live',
        webhooks: 'policy_status',
        certificate_authority: null,
      });
      expect((await publish({ type: 'submission' })).deliveries).toEqual([]);
      await publish();
      expect(await advance(0)).toMatchObject({ delivered: 1 });
      expect(consumer.received[0]!.headers).toMatchObject(carried);
      await ask('delete', `/onboarding/${id}`);
    }
  });

  it('drops the signature when another authentication is asked for', async () => {
    const { ask, form, onboarded, consumer, advance, publish } = await client();
    const id = await onboarded({ authentication: { type: 'hmac', secret: 'shared' } });
    await ask('put', `/onboarding/${id}`, form({ authentication: { type: 'bearer', token: 't' } }));
    await publish();
    await advance(0);
    expect(consumer.received[0]!.headers).toMatchObject({ authorization: 'Bearer t' });
    expect(consumer.received[0]!.headers).not.toHaveProperty('x-webhook-signature');
    const masked = { authentication: { type: 'hmac', secret: MASK } };
    expect((await ask('put', `/onboarding/${id}`, form(masked))).body.errors).toMatchObject([
      { code: 'invalid_secret', field: 'authentication.secret' },
    ]);
  });

  it('is refused field by field, in one shape, and nothing is made', async () => {
    const { ask, form, key, app } = await client();
    const expired = selfSigned({ commonName: 'over', toYear: 2021 });
    const cases: [object, number, string][] = [
      [{ webhook_url: 'ftp://x' }, 422, 'webhook_url'],
      [{ webhook_url: 'http://example.com/' }, 422, 'webhook_url'],
      [{ webhook_url: 'https://10.0.0.1/' }, 422, 'webhook_url'],
      [{ exchange: 'on' }, 422, 'exchange'],
      [{ webhooks: 'sync' }, 422, 'webhooks'],
      [{ environment: 'staging' }, 422, 'environment'],
      [{ environment: undefined }, 422, 'environment'],
      [{ colour: 'red' }, 422, 'colour'],
      [{ authentication: { type: 'kerberos' } }, 422, 'authentication.type'],
      [{ authentication: { type: 'api_key' } }, 422, 'authentication.value'],
      [{ authentication: { type: 'api_key', value: MASK } }, 422, 'authentication.value'],
      [{ authentication: { type: 'api_key', header: 'Host', value: 'x' } }, 422, 'authentication.header'],
      [{ authentication: { type: 'bearer', token: 'two words' } }, 422, 'authentication.token'],
      [{ authentication: { type: 'hmac', secret: MASK } }, 422, 'authentication.secret'],
      [
        {
          authentication: {
            type: 'oauth2_client_credentials',
            token_url: 'http://169.254.169.254/',
            client_id: 'i',
            client_secret: 's',
          },
        },
        422,
        'authentication.token_url',
      ],
      [
        { authentication: { type: 'mtls', client_certificate: 'x', client_key: 'y' } },
        422,
        'authentication.client_certificate',
      ],
      [{ certificate_authority: expired.cert }, 422, 'certificate_authority'],
    ];
    for (const [change, status, field] of cases) {
      const answer = await ask('post', '/onboarding', form(change));
      expect([answer.status, answer.body.errors[0].field], JSON.stringify(change)).toEqual([status, field]);
      expect(answer.body.errors[0].message).not.toBe('');
    }
    expect((await ask('get', '/onboarding')).body).toEqual({ onboardings: [] });
    expect((await ask('get', '/onboarding/nobody')).status).toBe(404);
    const bearer = await supertest(app).get('/healthsherpa/onboarding').set('Authorization', `Bearer ${key}`);
    expect(bearer.status).toBe(200);
    const stranger = await supertest(app).get('/healthsherpa/onboarding').set('x-api-key', 'nobody');
    expect([stranger.status, stranger.body.errors[0].code]).toEqual([401, 'unauthorized']);
  });
});

describe('after onboarding', () => {
  it('a sample of each webhook and exchange is sent once, in staging already', async () => {
    const { ask, onboarded, consumer, advance } = await client(503);
    const id = await onboarded({ exchange: 'on_exchange', webhooks: 'policy_status' }, false);
    for (const webhook of ['submission_confirmation', 'policy_status'])
      for (const exchange of ['on_exchange', 'off_exchange']) {
        const sent = await ask('post', `/onboarding/${id}/samples`, { webhook, exchange });
        expect(sent.status).toBe(202);
      }
    expect(await advance(2 * HOUR)).toMatchObject({ attempts: 4, failed: 4 });
    const bodies = consumer.received.map(({ body }) => JSON.parse(body.toString()));
    expect(bodies.filter(({ event_type }) => event_type === 'sync')).toHaveLength(2);
    expect(bodies.filter(({ event_type }) => event_type === 'submission')).toHaveLength(2);
    expect(bodies.filter((body) => 'application_id' in body)).toHaveLength(2);
  });

  it('nobody goes live in an environment that the form does not name any more', async () => {
    const { ask, form, onboarded } = await client();
    for (let i = 0; i < 8; i++) {
      const id = await onboarded({}, false);
      const [live] = await Promise.all([
        ask('post', `/onboarding/${id}/go-live`),
        ask('put', `/onboarding/${id}`, form({ environment: 'sandbox' })),
      ]);
      expect([200, 409]).toContain(live.status);
      const { body } = await ask('get', `/onboarding/${id}`);
      expect(body.live_in).toBe(body.status === 'live' ? body.environment : 'sandbox');
    }
  });

  it('what staging offers is not refused there: a failed event is replayed before going live', async () => {
    const { ask, publish, advance, consumer, onboarded } = await client(503);
    const id = await onboarded({}, false);
    await publish({ environment: 'sandbox' });
    await advance(10 * HOUR);
    const tried = consumer.received.length;
    const range = { from: new Date(START - HOUR).toISOString(), to: new Date(START + HOUR).toISOString() };
    expect(await ask('post', `/onboarding/${id}/replay`, range)).toEqual({
      status: 202,
      body: { replayed: 1 },
    });
    await advance(0);
    expect(consumer.received).toHaveLength(tried + 1);
  });

  it('what failed in staging is not replayed to one that is live', async () => {
    const { ask, publish, advance, consumer, onboarded } = await client(503);
    const id = await onboarded({}, false);
    await publish({ environment: 'sandbox' });
    await advance(10 * HOUR);
    expect((await ask('post', `/onboarding/${id}/go-live`)).body.live_in).toBe('production');
    await publish();
    await advance(10 * HOUR);
    consumer.clear();
    consumer.answer(200);
    const from = new Date(START - HOUR).toISOString();
    const to = new Date(START + 20 * HOUR).toISOString();
    expect((await ask('post', `/onboarding/${id}/replay`, { from, to })).body).toEqual({ replayed: 1 });
    await advance(0);
    expect(consumer.received).toHaveLength(1);
  });

  it('the failed events of a time range are replayed, and no others', async () => {
    const { ask, onboarded, consumer, advance, publish, services, tenantId } = await client(503);
    const id = await onboarded();
    const created = [];
    for (let i = 0; i < 3; i++) {
      created.push(START + i * 10 * MINUTE);
      await publish();
      await advance(10 * MINUTE);
    }
    await advance(2 * HOUR);
    const failed = await services.history.deliveries(tenantId, { limit: 10, status: ['failed'] });
    expect(failed.data).toHaveLength(3);
    consumer.clear();
    consumer.answer(200);
    const replay = (from: number, to: number) =>
      ask('post', `/onboarding/${id}/replay`, {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      });
    expect(await replay(created[1]!, created[2]!)).toEqual({ status: 202, body: { replayed: 1 } });
    expect(await advance(0)).toMatchObject({ attempts: 1, delivered: 1 });
    expect((await replay(created[0]!, created[2]! + 1)).body).toEqual({ replayed: 2 });
    expect(await advance(0)).toMatchObject({ attempts: 2, delivered: 2 });
    expect((await replay(created[0]!, created[2]! + 1)).body).toEqual({ replayed: 0 });
    expect(consumer.received).toHaveLength(3);
    const backwards = await replay(created[2]!, created[0]!);
    expect([backwards.status, backwards.body.errors[0].field]).toEqual([422, 'to']);
  });
});

describe('the connection to a carrier', () => {
  const of = (issuer: string) => ({ data: { issuer_hios_id: issuer } });

  it('decides whether policy statuses arrive, and when; submissions always do', async () => {
    const { ask, onboarded, advance, publish, consumer } = await client();
    await onboarded();
    const said = await ask('put', '/carriers/22222', { connected: 'late', late_by_minutes: 90 });
    expect(said).toEqual({
      status: 200,
      body: { issuer_hios_id: '22222', connected: 'late', late_by_minutes: 90 },
    });
    await ask('put', '/carriers/33333', { connected: 'none' });
    const unheard = await publish(of('33333'));
    expect(unheard.deliveries).toEqual([]);
    expect(unheard.notices).toEqual([expect.stringContaining('is not connected')]);
    expect((await publish({ type: 'submission', ...of('33333') })).deliveries).toHaveLength(1);
    expect((await publish({ type: 'submission', ...of('22222') })).deliveries).toHaveLength(1);
    expect((await publish(of('11111'))).deliveries).toHaveLength(1);
    expect((await publish({ variant: 'on_exchange' })).deliveries).toHaveLength(1);
    const late = await publish(of('22222'));
    expect(late.deliveries).toMatchObject([{ status: 'pending' }]);
    expect(await advance(0)).toMatchObject({ delivered: 4, pending: 1 });
    expect(await advance(90 * MINUTE - 1)).toMatchObject({ attempts: 0, pending: 1 });
    expect(await advance(1)).toMatchObject({ delivered: 1, pending: 0 });
    const { event_timestamp, issuer_hios_id } = JSON.parse(consumer.received.at(-1)!.body.toString());
    expect({ event_timestamp, issuer_hios_id }).toEqual({
      event_timestamp: '01/01/2026',
      issuer_hios_id: '22222',
    });
  });

  it('retries what is late by the schedule, from its own first attempt', async () => {
    const { ask, onboarded, advance, publish, services, tenantId } = await client(503);
    await onboarded();
    await ask('put', '/carriers/22222', { connected: 'late' });
    const { deliveries } = await publish(of('22222'));
    await advance(30 * HOUR);
    const { attempts } = await services.history.delivery(tenantId, deliveries[0]!.id.slice(4));
    expect(attempts!.map(({ startedAt }) => Date.parse(startedAt) - START)).toEqual([
      24 * HOUR,
      24 * HOUR + 20_000,
      24 * HOUR + 10 * MINUTE,
      25 * HOUR,
    ]);
  });

  it('is late on the system’s clock too', async () => {
    const { ask, onboarded, publish, services, tenantId } = await client();
    await onboarded();
    await services.settings.put(tenantId, 'healthsherpa', {
      settings: { carriers: { 22222: { connected: 'late', byMs: 3_600_000 } } },
    });
    await services.clock.put(tenantId, { mode: 'system' });
    const { deliveries, createdAt } = await publish(of('22222'));
    const delivery = await services.history.delivery(tenantId, deliveries[0]!.id.slice(4));
    expect(delivery).toMatchObject({ status: 'pending', attemptCount: 0 });
    expect(Date.parse(delivery.nextAttemptAt!) - Date.parse(createdAt)).toBe(3_600_000);
    expect((await ask('get', '/carriers')).body).toEqual({
      carriers: [{ issuer_hios_id: '22222', connected: 'late', late_by_minutes: 60 }],
    });
  });

  it('is told carrier by carrier, however many at once', async () => {
    const { ask } = await client();
    const ids = Array.from({ length: 12 }, (_, i) => String(10_000 + i));
    await Promise.all(ids.map((id) => ask('put', `/carriers/${id}`, { connected: 'none' })));
    const { carriers } = (await ask('get', '/carriers')).body;
    expect(carriers.map(({ issuer_hios_id }: { issuer_hios_id: string }) => issuer_hios_id)).toEqual(ids);
    await ask('put', `/carriers/${ids[0]}`, { connected: 'full' });
    expect((await ask('get', `/carriers/${ids[0]}`)).body.connected).toBe('full');
    expect((await ask('get', '/carriers/99999')).body.connected).toBe('full');
    for (const [path, body, field] of [
      ['/carriers/1234', { connected: 'none' }, 'issuer_hios_id'],
      ['/carriers/12345', { connected: 'half' }, 'connected'],
      ['/carriers/12345', { connected: 'late', late_by_minutes: 0 }, 'late_by_minutes'],
    ] as const) {
      const refused = await ask('put', path, body);
      expect([refused.status, refused.body.errors[0].field]).toEqual([422, field]);
    }
  });
});
