import { beforeAll, describe, expect, it } from 'vitest';
import type { Log, LogFields } from '../../src/lib/log.js';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

describe('the manners of the HTTP face', () => {
  const world = useWorld();
  let api: Api;
  let ask: Asker;
  let at: string;
  beforeAll(async () => {
    api = apiOf(world);
    const { publicId, key } = await world.tenant();
    at = `/tenants/${publicId}`;
    ask = api.as(key);
  });

  it('every answer carries a request id, the caller’s own where it is fit', async () => {
    const made = await ask.get(`${at}/clock`);
    expect(made.headers['x-request-id']).toMatch(/^req_[0-9a-f]{24}$/);
    const given = await ask.get(`${at}/nothing`).set('X-Request-Id', 'mine-1');
    expect(given.headers['x-request-id']).toBe('mine-1');
    expect(given.body).toMatchObject({
      type: 'urn:ringer:error:not_found',
      code: 'not_found',
      requestId: 'mine-1',
    });
    const unfit = await ask.get(`${at}/clock`).set('X-Request-Id', 'a b');
    expect(unfit.headers['x-request-id']).toMatch(/^req_/);
  });

  it('a method that is not offered is 405 with those that are', async () => {
    const answer = await ask.delete(`${at}/clock`);
    expect(answer.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(answer.headers.allow).toBe('GET, PUT, HEAD');
  });

  it('HEAD answers like GET without a body, also where the answer would never end', async () => {
    const { agent } = await import('supertest');
    const header = { Authorization: ask.get(`${at}/clock`).get('Authorization') };
    for (const path of ['clock', 'stream', 'deliveries/export']) {
      const answer = await agent(api.app).head(`/api/v1${at}/${path}`).set(header);
      expect([path, answer.status, answer.text]).toEqual([path, 200, undefined]);
    }
  });

  it('OPTIONS tells what is offered', async () => {
    const { agent } = await import('supertest');
    const answer = await agent(api.app).options(`/api/v1${at}/clock`);
    expect([answer.status, answer.headers.allow]).toEqual([204, 'GET, PUT, HEAD']);
  });

  it('a body must be JSON in UTF-8, neither compressed nor of another type', async () => {
    const post = () => ask.post(`${at}/events`);
    expect((await post().set('Content-Type', 'text/plain').send('{}')).body).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect(
      (await post().set('Content-Type', 'application/json').set('Content-Encoding', 'gzip').send('{}')).body
        .code,
    ).toBe('unsupported_media_type');
    const latin1 = post()
      .set('Content-Type', 'application/json')
      .serialize((bytes) => bytes as unknown as string);
    expect((await latin1.send(Buffer.from('{"a":"\xe9"}', 'latin1'))).body.code).toBe('invalid_json');
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expect(
      (await post().set('Content-Type', 'application/json').send(`{"data":${deep}}`)).body,
    ).toMatchObject({
      code: 'invalid_json',
      detail: expect.stringContaining('5001'),
    });
  });

  it.each(['', '"settings":', '"headers":'])(
    '__proto__ is an unknown key like any other: in %j',
    async (inside) => {
      const stray = '"__proto__":{"a":1}';
      const extra = inside ? `${inside}{${stray}}` : stray;
      const answer = await ask
        .post(`${at}/subscriptions`)
        .set('Content-Type', 'application/json')
        .send(`{"provider":"noyo","url":"https://c.example/",${extra}}`);
      expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(answer.body.errors[0].path).toMatch(/__proto__$/);
    },
  );

  it('a route without a body takes none and an empty one', async () => {
    const { body } = await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: 'https://c.example/' });
    const path = `${at}/subscriptions/${body.id}/pause`;
    expect((await ask.post(path)).status).toBe(200);
    expect((await ask.post(path, {})).status).toBe(200);
    expect((await ask.post(path, { now: true })).body.errors[0]).toEqual({
      path: 'now',
      message: 'Unknown key; there are none',
    });
  });

  it('a path that cannot be decoded is the caller’s fault', async () => {
    expect((await ask.get('/api/v1/tenants/%E0%A4%A')).body).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });

  it('a fault of ours is a 500 that says nothing and a line in the log that says where', async () => {
    const lines: [string, LogFields | undefined][] = [];
    const log: Log = { info() {}, warn() {}, error: (message, fields) => lines.push([message, fields]) };
    const broken = apiOf(world, { log });
    const { services } = world.app;
    const { read } = services.clock;
    services.clock.read = () => Promise.reject(new Error('password=hunter2'));
    const answer = await broken
      .as(null)
      .get(`${at}/clock`)
      .set('Authorization', ask.get('/x').get('Authorization'));
    services.clock.read = read;
    expect(answer.body).toEqual({
      type: 'urn:ringer:error:internal',
      title: 'A fault of ours',
      status: 500,
      detail: expect.stringContaining('request id'),
      code: 'internal',
      requestId: answer.headers['x-request-id'],
    });
    expect(lines).toEqual([
      ['request failed', expect.objectContaining({ requestId: answer.body.requestId, error: 'Error' })],
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('a database out of reach is 503', async () => {
    const { services } = world.app;
    const { read } = services.clock;
    services.clock.read = () => Promise.reject(Object.assign(new Error('gone'), { code: '57P01' }));
    const answer = await ask.get(`${at}/clock`);
    services.clock.read = read;
    expect(answer.body).toMatchObject({ status: 503, code: 'database_unavailable' });
  });

  it('plain http on loopback is accepted with a notice', async () => {
    const consumer = await world.consumer();
    const answer = await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: consumer.url });
    expect(answer.status).toBe(201);
    expect(answer.headers['ringer-notice']).toMatch(/https/);
  });

  it('tells whether it runs and whether it is ready, and hides what it is made of', async () => {
    expect((await api.as(null).get('/healthz')).body).toEqual({ status: 'ok', version: world.app.version });
    const ready = await api.as(null).get('/readyz');
    expect(ready.body).toEqual({
      ready: true,
      checks: { database: true, migrated: true, writable: true, dispatcher: true },
    });
    expect(ready.headers['x-powered-by']).toBeUndefined();
    expect(ready.headers['strict-transport-security']).toBeUndefined();
    expect(ready.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(ready.headers['x-content-type-options']).toBe('nosniff');
  });
});
