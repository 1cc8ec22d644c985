import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SESSION_MS } from '../../src/services/sessions.js';
import { type Api, apiOf } from '../support/api.js';
import { ADMIN_TOKEN, useWorld } from '../support/world.js';

const HOST = '127.0.0.1:4700';
const ORIGIN = `http://${HOST}`;
const HTML = 'text/html,application/xhtml+xml';

describe('the page and its session', () => {
  const world = useWorld();
  const folder = mkdtempSync(join(tmpdir(), 'ringer-page-'));
  let api: Api;
  beforeAll(() => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'assets', 'index-abc.js'), '1');
    writeFileSync(join(folder, 'theme.js'), '2');
    api = apiOf(world, { page: { folder, unasked: true } });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const ask = (method: 'get' | 'post' | 'put' | 'delete' | 'head', path: string, headers = {}) =>
    supertest(api.app)
      [method](path)
      .set({ Host: HOST, ...headers });
  const cookieOf = (answer: supertest.Response) => answer.get('Set-Cookie')?.[0]?.split(';')[0] ?? '';
  const signIn = (key: string, headers = {}) =>
    ask('post', '/api/v1/session', { Origin: ORIGIN, ...headers }).send({ key });

  it('serves the page to whoever asks for HTML, and hashed files for ever', async () => {
    const index = await ask('get', '/', { Accept: HTML });
    expect([index.status, index.text, index.headers['cache-control']]).toEqual([
      200,
      '<!doctype html><title>page</title>',
      'no-cache',
    ]);
    const policy = index.headers['content-security-policy'];
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|data:|https:/);
    expect(index.headers['x-content-type-options']).toBe('nosniff');
    expect(index.headers['referrer-policy']).toBe('no-referrer');
    const asset = await ask('get', '/assets/index-abc.js');
    expect([asset.status, asset.headers['cache-control'], asset.headers['content-type']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'text/javascript; charset=utf-8',
    ]);
    expect((await ask('get', '/theme.js')).headers['cache-control']).toBe('no-cache');
    expect((await ask('get', '/deliveries/dlv_1', { Accept: HTML })).text).toContain('<title>page</title>');
    // An event's type has dots, and what lies outside of the folder is not there.
    for (const path of ['/catalogue/noyo/difference.created', '/../package.json', '/%2e%2e/package.json'])
      expect((await ask('get', path, { Accept: HTML })).text, path).toContain('<title>page</title>');
    expect((await ask('head', '/', { Accept: HTML })).status).toBe(200);
  });

  it('leaves everything else what it was: no page for programs, under /api, or for a missing file', async () => {
    for (const [path, accept] of [
      ['/deliveries', 'application/json'],
      ['/deliveries', '*/*'],
      ['/api/v1/nothing', HTML],
      ['/assets/gone.js', HTML],
    ] as const)
      expect((await ask('get', path, { Accept: accept })).body.code, path).toBe('not_found');
    expect((await ask('post', '/live', { Accept: HTML })).status).toBe(404);
    const bare = apiOf(world, { page: { folder: join(folder, 'assets'), unasked: true } });
    const unbuilt = await supertest(bare.app).get('/').set('Accept', HTML);
    expect(unbuilt.body).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('npm run build'),
    });
  });

  it('gives this machine’s browser the operator’s session unasked, and nobody else', async () => {
    const given = await ask('get', '/', { Accept: HTML });
    expect(given.get('Set-Cookie')).toEqual([
      expect.stringMatching(
        /^ringer-session-4700=[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const tenants = await ask('get', '/api/v1/tenants', { Cookie: cookieOf(given) });
    expect(tenants.status).toBe(200);
    for (const headers of [
      { Host: 'rebound.example:4700' },
      { Host: '10.0.0.1:4700' },
      { 'X-Forwarded-For': '203.0.113.9' },
      { Forwarded: 'for=203.0.113.9' },
      { Via: '1.1 proxy' },
    ])
      expect((await ask('get', '/', { Accept: HTML, ...headers })).get('Set-Cookie')).toBeUndefined();
    const closed = apiOf(world, { page: { folder, unasked: false } });
    const page = await supertest(closed.app).get('/').set({ Host: HOST, Accept: HTML });
    expect([page.status, page.get('Set-Cookie')]).toEqual([200, undefined]);
  });

  it('turns a key into a cookie that speaks for it, and tells who that is', async () => {
    const tenant = await world.tenant();
    const made = await signIn(tenant.key);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ kind: 'tenant', scope: 'write', tenant: { id: tenant.publicId } });
    expect(Date.parse(made.body.expiresAt)).toBeLessThanOrEqual(Date.now() + SESSION_MS);
    expect(JSON.stringify(made.body)).not.toContain(tenant.key);
    const cookie = { Cookie: cookieOf(made) };
    expect((await ask('get', '/api/v1/session', cookie)).body).toEqual(made.body);
    const own = `/api/v1/tenants/${tenant.publicId}`;
    expect((await ask('get', `${own}/clock`, cookie)).status).toBe(200);
    expect((await ask('get', '/api/v1/tenants', cookie)).body.code).toBe('operator_only');
    const other = await world.tenant();
    expect((await ask('get', `/api/v1/tenants/${other.publicId}/clock`, cookie)).status).toBe(404);
    expect((await signIn(ADMIN_TOKEN)).body).toMatchObject({ kind: 'operator', tenant: null });
    expect((await signIn('rgr_nonsense')).body.code).toBe('unauthorized');
    const asKey = await api.as(tenant.key).get('/api/v1/session');
    expect(asKey.body).toMatchObject({ kind: 'tenant', expiresAt: null });
    const ended = await ask('delete', '/api/v1/session', { ...cookie, Origin: ORIGIN });
    expect(ended.get('Set-Cookie')?.[0]).toContain('ringer-session-4700=; Path=/; Max-Age=0');
  });

  it('refuses a cookie’s request that another page could have made', async () => {
    const { key, publicId } = await world.tenant();
    const Cookie = cookieOf(await signIn(key));
    const clock = `/api/v1/tenants/${publicId}/clock`;
    const put = (headers: object) => ask('put', clock, { Cookie, ...headers }).send({ mode: 'manual' });
    for (const headers of [
      {},
      { Origin: 'null' },
      { Origin: 'http://evil.example' },
      { Origin: 'http://127.0.0.1:3000' },
      { Origin: 'http://localhost:4700' },
      { Origin: `http://${HOST}.evil.example` },
      { Origin: `file://${HOST}` },
      { 'Sec-Fetch-Site': 'same-origin' },
    ])
      expect((await put(headers)).body.code, JSON.stringify(headers)).toBe('origin_refused');
    const get = (headers: object) => ask('get', clock, { Cookie, ...headers });
    expect((await get({ Origin: 'http://evil.example' })).body.code).toBe('origin_refused');
    expect((await get({ 'Sec-Fetch-Site': 'same-site' })).body.code).toBe('origin_refused');
    expect((await get({})).body.mode).toBe('system');
    expect((await put({ Origin: ORIGIN })).body.mode).toBe('manual');
    expect((await signIn(key, { Origin: 'http://evil.example' })).body.code).toBe('origin_refused');
  });

  it('ends with its key, its host, its time, and with any change to it', async () => {
    const tenant = await world.tenant();
    const { keys } = world.app.services;
    const made = await keys.create(tenant.id, {});
    const cookie = cookieOf(await signIn(made.key!));
    const clock = `/api/v1/tenants/${tenant.publicId}/clock`;
    const status = async (Cookie: string, more = {}) => (await ask('get', clock, { Cookie, ...more })).status;
    expect(await status(cookie)).toBe(200);
    expect(await status(cookie, { Host: 'localhost:4700' })).toBe(401);
    const [name, token = ''] = cookie.split('=');
    const at = token.length - 8;
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    for (const wrong of [changed, 'x', '%00', token.slice(0, 40), ''])
      expect(await status(`${name}=${wrong}`), wrong).toBe(401);
    await keys.remove(tenant.id, made.id.slice('key_'.length));
    expect(await status(cookie)).toBe(401);
    const operator = cookieOf(await signIn(ADMIN_TOKEN));
    expect(await status(operator)).toBe(200);
    const afterwards = apiOf(world, { adminToken: 'another token of the operator' });
    const answer = await supertest(afterwards.app).get(clock).set({ Host: HOST, Cookie: operator });
    expect(answer.status).toBe(401);
  });

  it('lists attempts newest first, as the stream tells them', async () => {
    const tenant = await world.tenant();
    const ask = api.as(tenant.key);
    const at = `/tenants/${tenant.publicId}`;
    const consumer = await world.consumer();
    const sub = (await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: consumer.url })).body;
    await ask.put(`${at}/clock`, { mode: 'manual' });
    await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.created' });
    await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.resolved' });
    await ask.post(`${at}/clock/advance`, { by: '0s' });
    const all = (await ask.get(`${at}/attempts`)).body;
    expect(all.data.map((one: { number: number; status: number }) => [one.number, one.status])).toEqual([
      [1, 200],
      [1, 200],
    ]);
    expect(all.data.map((one: { eventType: string }) => one.eventType).sort()).toEqual([
      'difference.created',
      'difference.resolved',
    ]);
    const first = (await ask.get(`${at}/attempts?limit=1`)).body;
    expect(first.data).toEqual(all.data.slice(0, 1));
    const rest = (await ask.get(`${at}/attempts?limit=1&cursor=${first.nextCursor}`)).body;
    expect(rest).toEqual({ data: all.data.slice(1), nextCursor: null });
    expect((await ask.get(`${at}/attempts?subscriptionId=${sub.id}`)).body.data).toHaveLength(2);
  });
});
