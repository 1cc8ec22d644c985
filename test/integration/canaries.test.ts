import { randomBytes } from 'node:crypto';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/server.js';
import { stderrLog } from '../../src/lib/log.js';
import { processMetrics } from '../../src/start/metrics.js';
import { type Api, apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { ADMIN_TOKEN, useWorld } from '../support/world.js';

/** A word that stands nowhere else. */
const canary = (name: string) => `canary${name}${randomBytes(6).toString('hex')}`;

/** Nobody but who brought them may see these again, wherever they look. */
const SECRETS = {
  signing: canary('Signing'),
  healthsync: canary('HealthSync'),
  novamed: canary('NovaMed'),
  voyado: Buffer.from(canary('Voyado')).toString('base64').replace(/=+$/, ''),
  rotated: canary('Rotated'),
  authorization: canary('Authorization'),
  basicPassword: canary('Password'),
  bearer: canary('Bearer'),
  clientSecret: canary('ClientSecret'),
  tokenGiven: canary('AccessToken'),
  encryption: randomBytes(16).toString('hex'),
  urlPassword: canary('UrlPassword'),
};
/** The tenant itself sees these; logs, metrics, refusals and the stream are no place for them. */
const PRIVATE = {
  payload: canary('Payload'),
  response: canary('Response'),
  header: canary('ResponseHeader'),
  query: canary('Query'),
};

describe('what nobody may find', () => {
  const logged: string[] = [];
  const world = useWorld({ log: stderrLog((line) => logged.push(line)) });
  const streamed: string[] = [];
  const refusals: string[] = [];
  let api: Api;
  let tenant: { id: string; publicId: string; key: string };
  let readKey: string;
  let unfollow = () => {};

  beforeAll(async () => {
    const { app } = world;
    api = apiOf(world, { log: app.context.log, metrics: processMetrics(app) });
    tenant = await world.tenant();
    readKey = (await app.services.keys.create(tenant.id, { scope: 'read' })).key!;
    unfollow = app.context.stream.follow(tenant.id, null, (message) =>
      streamed.push(JSON.stringify(message)),
    );
    await happyPaths();
    await errorPaths();
  }, 240_000);
  afterAll(() => unfollow());

  const at = (path: string) => `/tenants/${tenant.publicId}${path}`;
  const post = async (path: string, body: unknown) => (await api.as(tenant.key).post(at(path), body)).body;

  async function settled(count: number): Promise<void> {
    await eventually(async () => {
      const { body } = await api.as(tenant.key).get(at('/deliveries?limit=200'));
      const tried = (body.data as { attemptCount: number }[]).filter(({ attemptCount }) => attemptCount > 0);
      if (tried.length < count) throw new Error(`${tried.length} of ${count} were tried`);
    }, 60_000);
  }

  /** Each provider with its own secret, answered well; credentials of every kind. */
  async function happyPaths(): Promise<void> {
    const consumer = await world.consumer();
    const answer = { headers: { 'x-answer': PRIVATE.header }, body: PRIVATE.response };
    consumer.answer({ status: 200, ...answer });
    const tokens = await world.consumer();
    tokens.answer({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ access_token: SECRETS.tokenGiven, token_type: 'Bearer', expires_in: 3600 }),
    });
    const url = `${consumer.url}?token=${PRIVATE.query}`;
    const headers = { authorization: `Bearer ${SECRETS.authorization}` };
    const noyo = await post('/subscriptions', { provider: 'noyo', url, secret: SECRETS.signing, headers });
    await post('/subscriptions', { provider: 'healthsync', url, secret: SECRETS.healthsync });
    await post('/subscriptions', { provider: 'novamed', url, secret: SECRETS.novamed });
    await post('/subscriptions', { provider: 'voyado', url, secret: `whsec_${SECRETS.voyado}` });
    const encryptionKey = SECRETS.encryption;
    await api.as(tenant.key).put(at('/providers/voyado'), { settings: { encryptionKey } });
    for (const auth of [
      { kind: 'basic', username: 'ringer', password: SECRETS.basicPassword },
      { kind: 'bearer', token: SECRETS.bearer },
      { kind: 'oauth2', tokenUrl: tokens.url, clientId: 'ringer', clientSecret: SECRETS.clientSecret },
    ])
      await post('/subscriptions', { provider: 'healthsherpa', url, settings: { auth } });
    await post(`/subscriptions/${noyo.id}/secrets`, { secret: SECRETS.rotated });
    await publishAll();
    await settled(7);
    await tokens.got(1);
  }

  async function publishAll(): Promise<void> {
    const data = { data: { note: PRIVATE.payload } };
    await api
      .as(tenant.key)
      .post(at('/events'), { provider: 'noyo', type: 'difference.created', payload: data });
    for (const [provider, type] of [
      ['healthsync', 'document.uploaded'],
      ['novamed', 'order:created'],
      ['voyado', 'contact.created'],
      ['healthsherpa', 'sync'],
    ])
      await api.as(tenant.key).post(at('/events'), { provider, type, payload: { note: PRIVATE.payload } });
  }

  /** Whatever can go wrong with a secret in hand. */
  async function errorPaths(): Promise<void> {
    const failing = await world.consumer();
    const answer = { headers: { 'x-answer': PRIVATE.header }, body: PRIVATE.response };
    failing.answer({ status: 500, ...answer });
    const headers = { authorization: `Bearer ${SECRETS.authorization}` };
    const auth = { kind: 'oauth2', clientId: 'x', clientSecret: SECRETS.clientSecret };
    for (const place of [failing.url, `http://127.0.0.1:1/?token=${PRIVATE.query}`]) {
      const url = place;
      await post('/subscriptions', { provider: 'noyo', url, secret: SECRETS.signing, headers });
      await post('/subscriptions', {
        provider: 'healthsherpa',
        url,
        settings: { auth: { ...auth, tokenUrl: place } },
      });
    }
    await publishAll();
    await settled(14);
    const wrong: [method: 'post' | 'put' | 'patch', path: string, body: unknown][] = [
      [
        'post',
        '/subscriptions',
        { provider: 'noyo', url: `https://u:${SECRETS.urlPassword}@consumer.example/` },
      ],
      [
        'post',
        '/subscriptions',
        { provider: 'noyo', url: `ftp://u:${SECRETS.urlPassword}@consumer.example/` },
      ],
      ['post', '/subscriptions', { provider: 'noyo', url: 5, secret: SECRETS.signing }],
      [
        'post',
        '/subscriptions',
        { provider: 'voyado', url: failing.url, secret: `whsec_!${SECRETS.voyado}` },
      ],
      ['post', '/subscriptions', { provider: 'voyado', url: failing.url, secret: SECRETS.signing }],
      [
        'post',
        '/subscriptions',
        { provider: 'noyo', url: failing.url, headers: { Host: SECRETS.authorization } },
      ],
      [
        'post',
        '/subscriptions',
        { provider: 'noyo', url: failing.url, headers: { 'x-a': `${SECRETS.authorization}\r\nx: y` } },
      ],
      [
        'post',
        '/subscriptions',
        { provider: 'noyo', url: failing.url, headers: { [`${'x '}`]: SECRETS.authorization } },
      ],
      [
        'post',
        '/subscriptions',
        {
          provider: 'healthsherpa',
          url: failing.url,
          settings: { auth: { kind: 'bearer', token: `${SECRETS.bearer} \n` } },
        },
      ],
      [
        'post',
        '/subscriptions',
        {
          provider: 'healthsherpa',
          url: failing.url,
          settings: { auth: { kind: 'basic', username: 'a:b', password: SECRETS.basicPassword } },
        },
      ],
      [
        'post',
        '/subscriptions',
        {
          provider: 'healthsherpa',
          url: failing.url,
          settings: { auth: { kind: 'what', password: SECRETS.basicPassword } },
        },
      ],
      [
        'put',
        '/providers/voyado',
        { settings: { encryptionKey: `${SECRETS.encryption}${SECRETS.encryption}` } },
      ],
      ['put', '/providers/voyado', { settings: { encryptionKey: [SECRETS.encryption] } }],
      ['post', '/events', { provider: 'noyo', type: 'difference.created', data: { event: PRIVATE.payload } }],
      [
        'post',
        '/events',
        { provider: 'noyo', type: 'difference.created', payload: `a\u0000${PRIVATE.payload}` },
      ],
      [
        'post',
        '/events',
        { provider: 'noyo', type: 'difference.created', payload: PRIVATE.payload, payloadBase64: 'x' },
      ],
      [
        'post',
        '/events',
        {
          provider: 'voyado',
          type: 'contact.created',
          data: { payload: { contactId: { v: PRIVATE.payload } } },
        },
      ],
    ];
    for (const [method, path, body] of wrong) {
      const answer = await api.as(tenant.key)[method](at(path), body);
      if (answer.status >= 400) refusals.push(answer.text);
    }
    const ask = supertest(api.app);
    const json = (key: string, text: string) =>
      ask
        .post(`/api/v1${at('/events')}`)
        .set('Authorization', key)
        .set('Content-Type', 'application/json')
        .send(text);
    for (const [key, text] of [
      [`Bearer ${tenant.key}`, `{"provider":"noyo","payload":{"note":"${PRIVATE.payload}",}}`],
      [`Bearer ${tenant.key}x`, '{}'],
      [`Basic ${Buffer.from(`u:${SECRETS.basicPassword}`).toString('base64')}`, '{}'],
      [`Bearer rgr_${SECRETS.authorization}`, '{}'],
      [`Bearer ${readKey}`, '{}'],
    ] as const)
      refusals.push((await json(key, text)).text);
    refusals.push((await ask.post('/novamed/api/external/webhook').set('x-api-key', SECRETS.novamed)).text);
    refusals.push(await faultOfOurs());
  }

  /** A defect somewhere below, whose message holds what it must not. */
  async function faultOfOurs(): Promise<string> {
    const { services, version, context } = world.app;
    const broken = {
      ...services,
      publish: {
        ...services.publish,
        publish: () => Promise.reject(new TypeError(`cannot read ${SECRETS.signing} of ${PRIVATE.payload}`)),
      },
    } as typeof services;
    const { log, wall } = context;
    const app = createHttpApp(broken, { adminToken: ADMIN_TOKEN, version, log, wall, loopback: true });
    const answer = await supertest(app)
      .post(`/api/v1${at('/events')}`)
      .set('Authorization', `Bearer ${tenant.key}`)
      .send({ provider: 'noyo', type: 'difference.created' });
    expect(answer.status).toBe(500);
    return answer.text;
  }

  const keys = () => ({
    key: secretOf(tenant.key),
    readKey: secretOf(readKey),
    operator: ADMIN_TOKEN,
  });

  /** What follows `rgr_<id>_`; it may hold underscores of its own. */
  function secretOf(key: string): string {
    return /^rgr_[^_]+_(.+)$/.exec(key)![1]!;
  }

  /** Which canaries stand in a text, plain, in hex or in base64 at any offset. */
  function foundIn(text: string, canaries: Record<string, string>): string[] {
    const found = Object.entries(canaries).filter(([, value]) =>
      [value, Buffer.from(value).toString('hex'), ...base64Of(value)].some((form) => text.includes(form)),
    );
    return found.map(([name]) => name);
  }

  it('was brought: the consumers got it, and every path was walked', async () => {
    expect(refusals.length).toBeGreaterThan(20);
    expect(streamed.length).toBeGreaterThan(20);
    expect(logged.some((line) => line.includes('request failed'))).toBe(true);
  });

  it('is in no line of the log', () => {
    expect(foundIn(logged.join(''), { ...SECRETS, ...PRIVATE, ...keys() })).toEqual([]);
  });

  it('is in no metric', async () => {
    const { text } = await supertest(api.app).get('/metrics');
    expect(text).toContain('ringer_attempts_total');
    expect(foundIn(text, { ...SECRETS, ...PRIVATE, ...keys() })).toEqual([]);
  });

  it('is in no refusal', () => {
    for (const refusal of refusals)
      expect(foundIn(refusal, { ...SECRETS, ...PRIVATE, ...keys() }), refusal).toEqual([]);
  });

  it('is in no message of the stream, but for the URL that the tenant gave', () => {
    const { query, ...rest } = PRIVATE;
    expect(foundIn(streamed.join('\n'), { ...SECRETS, ...rest, ...keys() })).toEqual([]);
    expect(query).toBeDefined();
  });

  it('is in no answer to a reader', async () => {
    const reader = api.as(readKey);
    const deliveries = (await reader.get(at('/deliveries?limit=200'))).body.data as { id: string }[];
    const subscriptions = (await reader.get(at('/subscriptions?limit=200'))).body.data as { id: string }[];
    const paths = [
      ...['/subscriptions', '/events', '/deliveries', '/providers/voyado', '/providers/healthsherpa'],
      ...deliveries.map(({ id }) => `/deliveries/${id}`),
      ...deliveries.map(({ id }) => `/deliveries/${id}/attempts/1?part=request`),
      ...subscriptions.flatMap(({ id }) => [`/subscriptions/${id}`, `/subscriptions/${id}/secrets`]),
    ];
    for (const path of paths) {
      const { text, body } = await reader.get(at(path)).buffer(true);
      expect(foundIn(text ?? String(body), { ...SECRETS, ...keys() }), path).toEqual([]);
    }
    expect(deliveries.length).toBeGreaterThan(10);
  });

  it('is in no row of any table', async () => {
    const { pool } = world.app.context.db;
    const { rows: tables } = await pool.query<{ name: string }>(
      `SELECT quote_ident(relname) AS name FROM pg_class
       WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    expect(tables.length).toBeGreaterThan(15);
    let payloads = 0;
    for (const { name } of tables) {
      const { rows } = await pool.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
      const text = rows.map((row) => row.text).join('\n');
      expect(foundIn(text, { ...SECRETS, ...keys() }), name).toEqual([]);
      payloads += foundIn(text, { payload: PRIVATE.payload }).length;
    }
    // The same look finds what is meant to lie there.
    expect(payloads).toBeGreaterThan(0);
  });
});

/** What base64 makes of a text at each of the three places it may begin; the ends depend on the neighbours. */
function base64Of(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
    return encoded.slice(before === 0 ? 0 : 4, -4);
  });
}
