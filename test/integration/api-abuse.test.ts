import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/server.js';
import { silentLog } from '../../src/lib/log.js';
import { readKey } from '../../src/services/keys.js';
import { openPort, type Port } from '../../src/start/listen.js';
import { eventually } from '../support/eventually.js';
import { ADMIN_TOKEN, useWorld } from '../support/world.js';

/** Short, so that nobody waits: what is tested is that there is an end, and for whom. */
const LIMITS = { headersTimeout: 1_500, requestTimeout: 2_500, connectionsCheckingInterval: 200 };
/** However much was wrong with a request, this is the most that is said of it. */
const LONGEST_REFUSAL = 64 * 1024;
const MANY = 2_000;

describe('whoever means harm to the API', () => {
  const world = useWorld();
  let port: Port;
  /** The same app for clients that take their time. */
  let strict: Port;
  let tenant: { id: string; publicId: string; key: string };
  const sockets: Socket[] = [];

  beforeAll(async () => {
    const { services, context, version } = world.app;
    port = await openPort('127.0.0.1', 0);
    strict = await openPort('127.0.0.1', 0, LIMITS);
    const { wall } = context;
    const options = { adminToken: ADMIN_TOKEN, version, log: silentLog, wall, loopback: true };
    for (const each of [port, strict]) each.serve(createHttpApp(services, options));
    tenant = await world.tenant();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const each of [port, strict]) await each.close(1_000);
  });

  const at = (path: string) => `/api/v1/tenants/${tenant.publicId}${path}`;
  async function post(path: string, text: string, headers: Record<string, string> = {}) {
    const answer = await fetch(port.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tenant.key}`,
        'x-api-key': tenant.key,
        'content-type': 'application/json',
        ...headers,
      },
      body: text,
    });
    const body = await answer.text();
    return { status: answer.status, bytes: body.length, body: body === '' ? {} : JSON.parse(body) };
  }
  /** A connection that says exactly this, and everything that comes back until it ends. */
  async function raw(...pieces: string[]): Promise<{ socket: Socket; said: () => string }> {
    const socket = connect(strict.number, '127.0.0.1');
    sockets.push(socket);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    for (const piece of pieces) socket.write(piece);
    return { socket, said: () => said };
  }
  const alive = async () => expect((await fetch(`${port.url}/healthz`)).status).toBe(200);

  const manyKeys = (count: number) =>
    `{${Array.from({ length: count }, (_, i) => `"${i.toString(36)}":0`).join(',')}}`;
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const event = (data: string) => `{"provider":"noyo","type":"difference.created","data":${data}}`;

  it.each([
    [
      'a body of more than a mebibyte',
      '/events',
      () => event(`"${'x'.repeat(1024 * 1024)}"`),
      413,
      'body_too_large',
    ],
    ['a body 10,000 levels deep', '/events', () => event(deep(10_000)), 400, 'invalid_json'],
    ['a hundred thousand unknown keys', '/subscriptions', () => manyKeys(100_000), 400, 'invalid_request'],
    ['a million keys in a batch', '/events/batch', () => manyKeys(1_000_000), 400, 'invalid_request'],
    ['a hundred thousand keys of data', '/events', () => event(manyKeys(100_000)), 400, 'invalid_data'],
    [
      'a hundred thousand events that are none',
      '/events/batch',
      () => `{"events":[${Array.from({ length: 100_000 }, () => '5').join(',')}]}`,
      400,
      'invalid_request',
    ],
    [
      'a hundred thousand names of events',
      '/subscriptions',
      () =>
        `{"provider":"noyo","url":"https://c.example/","events":[${Array.from({ length: 100_000 }, () => '5').join(',')}]}`,
      400,
      'invalid_request',
    ],
    [
      'eighty thousand headers that are none',
      '/subscriptions',
      () =>
        `{"provider":"noyo","url":"https://c.example/","headers":${manyKeys(80_000).replaceAll(':0', ':" "')}}`,
      400,
      'invalid_header',
    ],
    [
      '__proto__ as a field',
      '/subscriptions',
      () => '{"provider":"noyo","url":"https://c.example/","__proto__":{"scope":"write"}}',
      400,
      'invalid_request',
    ],
    [
      'a constructor',
      '/subscriptions',
      () => '{"provider":"noyo","url":"https://c.example/","constructor":{"prototype":{"isAdmin":true}}}',
      400,
      'invalid_request',
    ],
    [
      '__proto__ in settings',
      '/subscriptions',
      () => '{"provider":"noyo","url":"https://c.example/","settings":{"__proto__":{"a":1}}}',
      400,
      'invalid_request',
    ],
    ['an array in place of an object', '/subscriptions', () => '[]', 400, 'invalid_request'],
    ['a number in place of an object', '/events', () => '1e400', 400, 'invalid_request'],
  ])('with %s gets a short refusal', async (_, path, body, status, code) => {
    const answer = await post(at(path), body());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.bytes).toBeLessThan(LONGEST_REFUSAL);
    expect(({} as Record<string, unknown>).isAdmin ?? ({} as Record<string, unknown>).scope).toBeUndefined();
    await alive();
  });

  it.each([
    '/novamed/api/external/webhook',
    '/noyo/subscriptions',
    '/healthsync/v1/webhooks',
    '/healthsherpa/onboarding',
    '/voyado/api/v1/app',
  ])('at the door %s hears as little', async (path) => {
    for (const body of [
      manyKeys(100_000),
      `{"__proto__":{"isAdmin":true}}`,
      deep(10_000),
      `{"name":${manyKeys(90_000)}}`,
    ]) {
      const { status, bytes } = await post(path, body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(bytes).toBeLessThan(LONGEST_REFUSAL);
    }
    expect((await post(path, `"${'x'.repeat(1024 * 1024)}"`)).status).toBe(413);
    await alive();
  });

  it('by a merge patch of a prototype changes nobody’s', async () => {
    await post(
      at('/events'),
      event('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'),
    );
    await post(
      at('/events'),
      '{"provider":"noyo","type":"difference.created","payload":{"__proto__":{"isAdmin":true}}}',
    );
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  it('who says a request slowly is cut off with 408, whether it drips its head or its body', async () => {
    const head = `POST ${at('/events')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.key}\r\nContent-Type: application/json\r\n`;
    const slow = await Promise.all([
      raw('POST / HTTP/1.1\r\nHost: x\r\nX-Drip: '),
      raw(`${head}Content-Length: 1000\r\n\r\n{"provider":`),
      raw(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"pro`),
    ]);
    const dripping = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('x');
    }, 50);
    try {
      await eventually(() => {
        for (const { socket } of slow) expect(socket.closed || socket.readableEnded).toBe(true);
      }, 30_000);
    } finally {
      clearInterval(dripping);
    }
    for (const { said } of slow) expect(said()).toMatch(/^HTTP\/1\.1 (408|400) /);
    await alive();
  });

  it.each([
    ['a head of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['a path of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['no HTTP', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['a line folded into the next', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('who sends %s is refused by the server itself', async (_, bytes, answer) => {
    const { socket, said } = await raw(bytes);
    await eventually(() => expect(socket.closed || socket.readableEnded).toBe(true), 30_000);
    expect(said()).toMatch(answer);
    await alive();
  });

  it(`who holds ${MANY} connections open keeps nobody else from being served, and loses them`, async () => {
    const held: Socket[] = [];
    for (let i = 0; i < MANY; i += 100)
      held.push(
        ...(await Promise.all(Array.from({ length: 100 }, () => raw('GET / HTTP/1.1\r\n')))).map(
          (r) => r.socket,
        ),
      );
    const served = await Promise.all(
      Array.from({ length: 20 }, () =>
        post(at('/subscriptions'), '{"provider":"noyo","url":"https://c.example/"}'),
      ),
    );
    expect(served.map(({ status }) => status)).toEqual(Array(20).fill(201));
    await eventually(
      () => expect(held.filter((socket) => !socket.closed && !socket.readableEnded)).toEqual([]),
      60_000,
    );
  });
});

describe('a guess at a key', () => {
  const world = useWorld();

  it('costs the same look-up and the same comparison whether the id exists or not', async () => {
    const { key } = await world.tenant();
    const { keys } = world.app.services;
    const wrong = key.slice(0, -43) + 'A'.repeat(43);
    const unknown = `rgr_${'0'.repeat(32)}_${'A'.repeat(43)}`;
    const { pool } = world.app.context.db;
    const counted: string[] = [];
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    const spied = (...args: unknown[]) => {
      counted.push(String((args[0] as { name?: string }).name ?? args[0]));
      return query(...args);
    };
    Object.assign(pool, { query: spied });
    try {
      const work = async (text: string) => {
        counted.length = 0;
        const answer = await keys.authenticate(text);
        return {
          answer: answer !== null,
          statements: counted.filter((name) => name === 'key_holders').length,
        };
      };
      expect(await work(key)).toEqual({ answer: true, statements: 1 });
      expect(await work(wrong)).toEqual({ answer: false, statements: 1 });
      expect(await work(unknown)).toEqual({ answer: false, statements: 1 });
      expect(await work('nonsense')).toEqual({ answer: false, statements: 0 });
    } finally {
      Object.assign(pool, { query });
    }
    // Both are hashed before anything is looked up, and digests of one length are compared.
    expect(readKey(wrong)!.hash.length).toBe(readKey(unknown)!.hash.length);
  });

  it('a key that is revoked opens nothing from the next request on', async () => {
    const { id } = await world.tenant();
    const { keys } = world.app.services;
    const made = await keys.create(id, {});
    expect(await keys.authenticate(made.key!)).not.toBeNull();
    await keys.remove(id, made.id.slice(4));
    expect(await keys.authenticate(made.key!)).toBeNull();
  });
});
