import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createEgress, type OutgoingRequest } from '../../src/engine/egress/egress.js';
import type { SendResult } from '../../src/engine/egress/exchange.js';
import { createReceiver, type Receiver, type ReceiverOptions } from '../../src/engine/receiver.js';

const egress = createEgress({ mode: 'local', allow: [], ownPorts: () => [] });
const open: Receiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

afterAll(() => egress.close());

async function receiving(options?: ReceiverOptions): Promise<Receiver> {
  const receiver = await createReceiver(options);
  open.push(receiver);
  return receiver;
}

function post(url: string, body: Uint8Array | string = '{"a":1}', changes: Partial<OutgoingRequest> = {}) {
  return egress.send({
    url,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from(body),
    timeout: { kind: 'total', ms: 10_000 },
    poolKey: url,
    https: 'required',
    ...changes,
  });
}

function statusOf(result: SendResult): number | string {
  return result.kind === 'answered' ? result.status : result.reason;
}

describe('the built-in receiver', () => {
  test('shows what it got, in order and as it came', async () => {
    const receiver = await receiving();
    const url = receiver.urlFor('ten_1');
    expect(url).toBe(`http://127.0.0.1:${receiver.port}/ten_1`);
    expect(receiver.requests('ten_1')).toEqual([]);
    const headers = [
      ['X-Zulu', '1'],
      ['x-alpha', '2'],
    ] as const;
    expect(statusOf(await post(`${url}/orders?x=1`, '{"a": "é"}', { headers }))).toBe(200);
    expect(statusOf(await post(url, Uint8Array.of(0x7b, 0xff)))).toBe(200);
    const [first, second] = receiver.requests('ten_1');
    expect(first).toMatchObject({
      method: 'POST',
      path: '/orders?x=1',
      body: '{"a": "é"}',
      bodyBytes: 11,
      status: 200,
      verified: null,
      reason: null,
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
    });
    expect(first!.headers).toContainEqual(['X-Zulu', '1']);
    expect(first!.headers).toContainEqual(['x-alpha', '2']);
    expect(second).toMatchObject({ path: '/', body: '{\ufffd', bodyBytes: 2 });
  });

  test('answers as it was told, tenant by tenant', async () => {
    const receiver = await receiving();
    receiver.configure('a', { status: 503 });
    receiver.configure('b', { status: 204 });
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(503);
    expect(statusOf(await post(receiver.urlFor('b')))).toBe(204);
    expect(statusOf(await post(receiver.urlFor('c')))).toBe(200);
    expect(receiver.requests('a')).toHaveLength(1);
    expect(receiver.requests('a')[0]!.status).toBe(503);
    receiver.configure('a', { delayMs: 5 });
    expect(receiver.settings('a')).toEqual({ status: 503, delayMs: 5 });
    expect(() => receiver.configure('a', { status: 199 })).toThrow('200 to 599');
    expect(() => receiver.configure('a', { delayMs: 60_001 })).toThrow('60,000');
  });

  test('is late when told to be, and lets go of a sender that gives up', async () => {
    const receiver = await receiving();
    receiver.configure('a', { delayMs: 120 });
    const result = await post(receiver.urlFor('a'));
    expect(statusOf(result)).toBe(200);
    expect(result.timing.durationMs).toBeGreaterThanOrEqual(119);
    receiver.configure('a', { delayMs: 60_000 });
    const given = await post(receiver.urlFor('a'), '{}', { timeout: { kind: 'total', ms: 80 } });
    expect(statusOf(given)).toBe('timeout');
    expect(receiver.requests('a')).toHaveLength(2);
    const hanging = post(receiver.urlFor('a'));
    await receiver.close();
    expect(['reset', 'refused']).toContain(statusOf(await hanging));
  });

  test('a request that fails its verification is a 401 and kept with the reason', async () => {
    const seen: string[] = [];
    const receiver = await receiving({
      verify: async (tenantId, { headers, body }) => {
        seen.push(`${tenantId} ${Buffer.from(body).toString()}`);
        const good = headers.some(([name, value]) => name === 'X-Key' && value === 'right');
        return { verified: good, reason: good ? null : 'x-key differs' };
      },
    });
    receiver.configure('a', { status: 202 });
    const url = receiver.urlFor('a');
    expect(statusOf(await post(url, '1', { headers: [['X-Key', 'right']] }))).toBe(202);
    const refused = await post(url, '2', { headers: [['X-Key', 'wrong']] });
    expect(statusOf(refused)).toBe(401);
    expect(refused.kind === 'answered' && JSON.parse(Buffer.from(refused.body).toString())).toEqual({
      received: false,
      reason: 'x-key differs',
    });
    expect(seen).toEqual(['a 1', 'a 2']);
    expect(receiver.requests('a').map(({ status, verified, reason }) => [status, verified, reason])).toEqual([
      [202, true, null],
      [401, false, 'x-key differs'],
    ]);
  });

  test('a verification that breaks is a 500, and the receiver lives on', async () => {
    let calls = 0;
    const receiver = await receiving({
      verify: () => {
        calls += 1;
        if (calls === 1) throw new Error('out of order');
        return { verified: null, reason: null };
      },
    });
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(500);
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(200);
  });

  test('clear forgets, and the address stays good', async () => {
    const receiver = await receiving();
    receiver.configure('a', { status: 500 });
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(500);
    receiver.clear('a');
    expect(receiver.requests('a')).toEqual([]);
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(200);
    expect(receiver.requests('a')).toHaveLength(1);
  });

  test('keeps the last 200, and fewer of large ones', async () => {
    const receiver = await receiving();
    for (let i = 0; i < 205; i++) await post(receiver.urlFor('a'), String(i));
    expect(receiver.requests('a')).toHaveLength(200);
    expect(receiver.requests('a')[0]!.body).toBe('5');
    for (let i = 0; i < 6; i++) await post(receiver.urlFor('b'), Buffer.alloc(1024 * 1024, 'x'));
    expect(receiver.requests('b')).toHaveLength(4);
  });

  test('a body over 2 MiB is refused and not kept', async () => {
    const receiver = await receiving();
    expect(statusOf(await post(receiver.urlFor('a'), Buffer.alloc(2 * 1024 * 1024)))).toBe(200);
    const refused = statusOf(await post(receiver.urlFor('a'), Buffer.alloc(2 * 1024 * 1024 + 1)));
    expect([413, 'reset']).toContain(refused);
    expect(receiver.requests('a')).toHaveLength(1);
  });

  test.each(['/', '/?x', '/a%20b', '/.', `/${'x'.repeat(65)}`])('there is nothing at %s', async (path) => {
    const receiver = await receiving();
    expect(statusOf(await post(`http://127.0.0.1:${receiver.port}${path}`))).toBe(404);
  });

  test('garbage does not take it down', async () => {
    const receiver = await receiving();
    const socket = connect(receiver.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end('this is no HTTP\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(statusOf(await post(receiver.urlFor('a')))).toBe(200);
  });
});
