import { once } from 'node:events';
import { type AddressInfo, connect, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Dial } from '../../src/engine/egress/connector.js';
import {
  createEgress,
  type Egress,
  type EgressOptions,
  type OutgoingRequest,
} from '../../src/engine/egress/egress.js';
import type { SendResult } from '../../src/engine/egress/exchange.js';
import type { EgressRules } from '../../src/engine/egress/rules.js';
import { selfSigned, type TestCertificate } from '../support/certificates.js';
import { answer, type TcpServer, type TcpServerOptions, tcpServer } from '../support/tcp-server.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

function egress(rules: Partial<EgressRules> = {}, options: EgressOptions = {}): Egress {
  const made = createEgress({ mode: 'local', allow: [], ownPorts: () => [], ...rules }, options);
  open.push({ [Symbol.asyncDispose]: () => made.close() });
  return made;
}

async function server(options?: TcpServerOptions): Promise<TcpServer> {
  const made = await tcpServer(options);
  open.push(made);
  return made;
}

/** A server that answers every request with these bytes. */
const answering = (bytes: string | Buffer) => server({ onRequest: (socket) => void socket.write(bytes) });

function request(url: string, changes: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    url,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from('{"a":1}'),
    timeout: { kind: 'total', ms: 5000 },
    poolKey: 'tenant',
    https: 'optional',
    ...changes,
  };
}

const at = (to: { port: number }, path = '/') => `http://127.0.0.1:${to.port}${path}`;
const within = (ms: number) => ({ timeout: { kind: 'total', ms } }) as const;

function answered(result: SendResult) {
  if (result.kind === 'failed') throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

function failed(result: SendResult) {
  if (result.kind === 'answered') throw new Error(`answered ${result.status}`);
  return result;
}

/** Fails every connection with this code, and remembers where it should have gone. */
function spy(code = 'ECONNREFUSED') {
  const dialled: string[] = [];
  const dial: Dial = (ip, port) => {
    dialled.push(`${ip} ${port}`);
    const socket = new Socket();
    process.nextTick(() => socket.destroy(Object.assign(new Error(`connect ${code} ${ip}`), { code })));
    return socket;
  };
  return { dial, dialled };
}

/** A resolver with these answers in turn, the last one for ever. */
function answers(...lists: string[][]) {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return lists[Math.min(asked.length, lists.length) - 1]!;
  };
  return { resolve, asked };
}

const failing = (code: string) => async () => {
  throw Object.assign(new Error(`lookup ${code}`), { code });
};

/** A connection can be used again one turn of the event loop after its answer. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('on the wire', () => {
  test('header order, case and repeats are exactly as given', async () => {
    const to = await answering(answer('ok'));
    const result = await egress().send(
      request(at(to, '/hook?b=2&a=%20'), {
        headers: [
          ['X-Zulu', '1'],
          ['content-type', 'application/json'],
          ['x-alpha', 'two words'],
          ['X-Zulu', '3'],
          ['SVIX-Id', ''],
          ['Accept-Encoding', 'gzip'],
        ],
      }),
    );
    expect(answered(result).status).toBe(200);
    expect(to.received).toBe(
      [
        'POST /hook?b=2&a=%20 HTTP/1.1',
        `host: 127.0.0.1:${to.port}`,
        'connection: keep-alive',
        'X-Zulu: 1',
        'content-type: application/json',
        'x-alpha: two words',
        'X-Zulu: 3',
        'SVIX-Id: ',
        'Accept-Encoding: gzip',
        'content-length: 7',
        '',
        '{"a":1}',
      ].join('\r\n'),
    );
  });

  test('an empty body is sent as one', async () => {
    const to = await answering(answer('ok'));
    answered(await egress().send(request(at(to), { headers: [], body: new Uint8Array(0) })));
    expect(to.received).toMatch(/\r\ncontent-length: 0\r\n\r\n$/);
    expect(to.received).not.toMatch(/accept-encoding|user-agent/i);
  });

  test('bytes that are no text arrive unchanged', async () => {
    const to = await answering(answer('ok'));
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    answered(await egress().send(request(at(to), { body })));
    expect(Buffer.from(to.received.slice(-256), 'latin1').equals(body)).toBe(true);
  });

  test('the answer comes back as it was: order, case, repeats, bytes', async () => {
    const to = await answering(
      Buffer.from(
        'HTTP/1.1 202 Fine\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Length: 3\r\n\r\n\xffok',
        'latin1',
      ),
    );
    const result = answered(await egress().send(request(at(to))));
    expect(result).toMatchObject({ status: 202, bodyBytes: 3, truncated: false });
    expect(result.headers.slice(0, 3)).toEqual([
      ['X-B', '1'],
      ['x-a', '2'],
      ['X-B', '3'],
    ]);
    expect([...result.body]).toEqual([0xff, 0x6f, 0x6b]);
  });

  test.each([301, 302, 303, 307, 308])('a %i is an answer and is not followed', async (status) => {
    const target = await answering(answer('secret'));
    const to = await answering(
      answer('', `HTTP/1.1 ${status} Moved\r\nLocation: ${at(target)}\r\nRefresh: 0`),
    );
    expect(answered(await egress().send(request(at(to)))).status).toBe(status);
    expect(target.connects).toBe(0);
  });

  test.each([204, 400, 410, 429, 500, 503])('a %i is an answer', async (status) => {
    const to = await answering(
      `HTTP/1.1 ${status} X\r\n${status === 204 ? '' : 'Content-Length: 0\r\n'}\r\n`,
    );
    expect(answered(await egress().send(request(at(to))))).toMatchObject({
      status,
      bodyBytes: 0,
      truncated: false,
    });
  });

  test('informational answers are passed over', async () => {
    const to = await answering(
      `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(50)}${answer('ok')}`,
    );
    expect(answered(await egress().send(request(at(to))))).toMatchObject({ status: 200, bodyBytes: 2 });
  });

  test('a compressed body is kept as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024));
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    const to = await answering(Buffer.concat([Buffer.from(head), bomb]));
    const result = answered(await egress().send(request(at(to))));
    expect(result.bodyBytes).toBe(bomb.length);
    expect(Buffer.from(result.body).equals(bomb.subarray(0, 20_000))).toBe(true);
  });

  test('proxy variables change nothing', async () => {
    const proxy = await server();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
      vi.stubEnv(name, at(proxy));
    }
    const to = await answering(answer('ok'));
    answered(await egress().send(request(at(to))));
    expect(proxy.connects).toBe(0);
  });
});

describe('connections', () => {
  test('are reused within a key, and timing tells', async () => {
    const to = await answering(answer('ok'));
    const out = egress();
    const first = answered(await out.send(request(at(to, '/1'))));
    await turn();
    const second = answered(await out.send(request(at(to, '/2'))));
    expect(to.connects).toBe(1);
    expect(first.timing.connectMs).toBeTypeOf('number');
    expect(first.timing.firstByteMs).toBeGreaterThanOrEqual(first.timing.connectMs!);
    expect(first.timing.durationMs).toBeGreaterThanOrEqual(first.timing.firstByteMs!);
    expect(second.timing.connectMs).toBeNull();
    expect(Math.abs(first.timing.startedWallMs - Date.now())).toBeLessThan(5000);
  });

  test('are never shared between keys', async () => {
    const to = await answering(answer('ok'));
    const out = egress();
    answered(await out.send(request(at(to), { poolKey: 'a' })));
    answered(await out.send(request(at(to), { poolKey: 'b' })));
    expect(to.connects).toBe(2);
    expect(out.stats).toMatchObject({ inFlight: 0, pools: 2, sockets: 2 });
  });

  test('a hung tenant takes nothing from another behind the same host', async () => {
    const to = await server({
      onRequest: (socket, chunk) => void (chunk.includes('/hang') ? undefined : socket.write(answer('ok'))),
    });
    const out = egress({}, { connections: 2 });
    const hung = [1, 2, 3].map(() => out.send(request(at(to, '/hang'), { poolKey: 'a' })));
    answered(await out.send(request(at(to), { poolKey: 'b' })));
    await out.close();
    for (const result of await Promise.all(hung)) expect(failed(result).reason).toBe('aborted');
  });

  test('idle pools make room for new ones', async () => {
    const to = await answering(answer('ok'));
    const out = egress({}, { maxPools: 2 });
    for (const poolKey of ['a', 'b', 'c', 'd']) answered(await out.send(request(at(to), { poolKey })));
    expect(out.stats.pools).toBe(2);
    await to.ended(2);
  });

  test('the next address is tried when the first one refuses', async () => {
    const to = await answering(answer('ok'));
    const { resolve } = answers(['127.0.0.2', '127.0.0.1']);
    const out = egress({}, { resolve });
    expect(answered(await out.send(request(`http://two.test:${to.port}/`))).status).toBe(200);
  });

  test('the Host header is the name, the connection goes to its address', async () => {
    const to = await answering(answer('ok'));
    const { resolve, asked } = answers(['127.0.0.1']);
    answered(await egress({}, { resolve }).send(request(`http://Hook.Test:${to.port}/`)));
    expect(to.received).toContain(`\r\nhost: hook.test:${to.port}\r\n`);
    expect(asked).toEqual(['hook.test']);
  });
});

describe('a source address', () => {
  const tellingFrom = () =>
    server({ onRequest: (socket) => void socket.write(answer(socket.remoteAddress ?? '')) });
  const bodyOf = (result: SendResult) => Buffer.from(answered(result).body).toString();

  test('is where the connection comes from, and no connection serves two', async () => {
    const to = await tellingFrom();
    const out = egress();
    const from = async (localAddress: string | null) =>
      bodyOf(await out.send(request(at(to), { localAddress })));
    for (const localAddress of ['127.0.0.9', '127.9.8.7', '127.0.0.9'])
      expect(await from(localAddress)).toBe(localAddress);
    expect(await from(null)).toBe('127.0.0.1');
    expect(to.connects).toBe(3);
    expect(out.stats.pools).toBe(3);
  });

  test('from which no way leads to the host ends the request by its reason', async () => {
    const result = await egress().send(request('http://[::1]:9/', { localAddress: '127.0.0.2' }));
    expect(failed(result)).toMatchObject({ reason: 'unreachable', requestSent: false });
  });
});

describe('names', () => {
  test('are looked up once per connection, and once for connections made together', async () => {
    const to = await answering(answer('ok'));
    const { resolve, asked } = answers(['127.0.0.1']);
    const out = egress({}, { resolve });
    const send = (poolKey: string) => out.send(request(`http://x.test:${to.port}/`, { poolKey }));
    for (const result of await Promise.all(['a', 'b', 'c'].map(send)))
      expect(answered(result).status).toBe(200);
    expect(asked).toEqual(['x.test']);
    answered(await send('d'));
    expect(asked).toEqual(['x.test', 'x.test']);
  });
});

describe('what may not be reached is not', () => {
  const shapes = (port: number) => [
    `http://127.0.0.1:${port}/`,
    `http://127.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f.0.0.1:${port}/`,
    `http://0177.0.0.1:${port}/`,
    `http://%31%32%37.0.0.1:${port}/`,
    `http://１２７.０.０.１:${port}/`,
    `http://127.0.0.1.:${port}/`,
    `http://0:${port}/`,
    `http://0.0.0.0:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://[::ffff:7f00:1]:${port}/`,
    `http://[::127.0.0.1]:${port}/`,
    `http://[64:ff9b::127.0.0.1]:${port}/`,
    `http://[2002:7f00:1::]:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::]:${port}/`,
    `http://localhost:${port}/`,
    `http://localhost.:${port}/`,
    `http://x.localhost:${port}/`,
    `http://a@127.0.0.1:${port}/`,
    `http:/127.0.0.1:${port}/`,
    `http:\\\\127.0.0.1:${port}\\`,
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
  ];

  test('no spelling of loopback gets a connection in public mode', async () => {
    const to = await server();
    const out = egress({ mode: 'public' });
    for (const url of shapes(to.port)) {
      const result = failed(await out.send(request(url)));
      expect(result, url).toMatchObject({ reason: 'egress_blocked', requestSent: false });
    }
    expect(to.connects).toBe(0);
    expect(out.stats).toMatchObject({ sockets: 0, blocked: shapes(0).length });
  });

  test('metadata is refused even where a CIDR opens it', async () => {
    const { dial, dialled } = spy();
    const { resolve } = answers(['169.254.169.254']);
    const out = egress({ allow: ['169.254.0.0/16', '::/1'] }, { dial, resolve });
    for (const url of [
      'http://169.254.169.254/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[64:ff9b::a9fe:a9fe]/',
      'http://metadata.google.internal/',
    ]) {
      expect(failed(await out.send(request(url))).reason, url).toBe('egress_blocked');
    }
    expect(dialled).toEqual([]);
    expect(failed(await out.send(request('http://169.254.1.1/'))).reason).toBe('refused');
    expect(dialled).toEqual(['169.254.1.1 80']);
  });

  test.each([
    ['private only', ['10.0.0.1']],
    ['public and private', ['93.184.216.34', '10.0.0.1']],
    ['private and public', ['127.0.0.1', '93.184.216.34']],
    ['A public, AAAA private', ['93.184.216.34', 'fd00::1']],
    ['link-local with a zone', ['fe80::1%eth0']],
    ['nonsense', ['not an address']],
  ])('a name with %s answers gets no connection, and no address is told', async (_, list) => {
    const { dial, dialled } = spy();
    const result = failed(
      await egress({ mode: 'public' }, { dial, ...answers(list) }).send(request('https://x.test/')),
    );
    expect(result).toMatchObject({ reason: 'egress_blocked', requestSent: false });
    for (const ip of list) expect(result.detail).not.toContain(ip);
    expect(dialled).toEqual([]);
  });

  test('a name that changes its answer never reaches the second one unjudged', async () => {
    const to = await server();
    const { dial, dialled } = spy();
    let asked = 0;
    const resolve = async () => [asked++ % 2 === 0 ? '93.184.216.34' : '127.0.0.1'];
    const out = egress({ mode: 'public' }, { dial, resolve });
    for (let i = 0; i < 200; i++) {
      const { reason } = failed(await out.send(request(`http://rebind.test:${to.port}/`)));
      expect(reason).toBe(i % 2 === 0 ? 'refused' : 'egress_blocked');
    }
    expect(asked).toBe(200);
    expect(new Set(dialled)).toEqual(new Set([`93.184.216.34 ${to.port}`]));
    expect(to.connects).toBe(0);
  });

  test('a connection that ends up elsewhere is dropped before its first byte', async () => {
    const to = await server();
    const dial: Dial = (_, port) => connect(port, '127.0.0.1');
    const out = egress({ mode: 'public' }, { dial, ...answers(['93.184.216.34']) });
    for (const scheme of ['http', 'https']) {
      const result = failed(await out.send(request(`${scheme}://x.test:${to.port}/`)));
      expect(result).toMatchObject({ reason: 'egress_blocked', requestSent: false });
    }
    await to.ended(2);
    expect(to.received).toBe('');
  });

  test("Ringer's own port is refused by every name, a neighbour's is not", async () => {
    const own = await server();
    const to = await answering(answer('ok'));
    const out = egress({ ownPorts: () => [own.port] }, answers(['127.0.0.1']));
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9', 'me.test', '[::ffff:127.0.0.1]']) {
      expect(failed(await out.send(request(`http://${host}:${own.port}/`))).reason, host).toBe(
        'egress_blocked',
      );
      if (host === 'localhost' || host === 'me.test') {
        expect(answered(await out.send(request(`http://${host}:${to.port}/`))).status).toBe(200);
      }
    }
    expect(own.connects).toBe(0);
  });

  test('localhost is loopback whatever a resolver says', async () => {
    const to = await answering(answer('ok'));
    const { resolve, asked } = answers(['93.184.216.34']);
    const out = egress({}, { resolve });
    answered(await out.send(request(`http://localhost:${to.port}/`)));
    answered(await out.send(request(`http://shop.localhost:${to.port}/`)));
    expect(asked).toEqual([]);
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense', ''])(
    '%s is no place to send to',
    async (url) => {
      expect(failed(await egress().send(request(url)))).toMatchObject({
        reason: 'egress_blocked',
        requestSent: false,
      });
    },
  );
});

describe('plain http where the provider insists on https', () => {
  test('is never sent, and not even resolved, where nothing is opened', async () => {
    const { dial, dialled } = spy();
    const { resolve, asked } = answers(['93.184.216.34']);
    const out = egress({ mode: 'public' }, { dial, resolve });
    for (const https of ['required', 'acceptNeverSend'] as const) {
      const result = failed(await out.send(request('http://x.test/', { https })));
      expect(result).toMatchObject({ reason: 'https_required', requestSent: false });
    }
    expect([...asked, ...dialled]).toEqual([]);
  });

  test('is sent to an address opened on purpose only', async () => {
    const to = await answering(answer('ok'));
    const { dial, dialled } = spy();
    const out = egress({ allow: ['10.1.0.0/16'] }, { dial, ...answers(['93.184.216.34'], ['10.1.0.9']) });
    const send = () => out.send(request('http://x.test/', { https: 'required' }));
    expect(failed(await send()).reason).toBe('https_required');
    expect(failed(await send()).reason).toBe('refused');
    expect(dialled).toEqual(['10.1.0.9 80']);
    answered(await egress().send(request(at(to), { https: 'acceptNeverSend' })));
  });

  test('says so where nobody knows the address, too', async () => {
    const lost = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    const unknown = egress({}, { resolve: () => Promise.reject(lost) });
    for (const out of [unknown, egress({}, answers([]))]) {
      expect(failed(await out.send(request('http://x.test/', { https: 'acceptNeverSend' }))).reason).toBe(
        'https_required',
      );
      expect(failed(await out.send(request('http://x.test/', { https: 'optional' }))).reason).toBe(
        'dns_error',
      );
    }
  });

  test('an optional one does not lend its connection to it', async () => {
    const to = await answering(answer('ok'));
    const { resolve } = answers(['127.0.0.1'], ['93.184.216.34']);
    const out = egress({}, { resolve });
    answered(await out.send(request(`http://x.test:${to.port}/`, { https: 'optional' })));
    const strict = await out.send(request(`http://x.test:${to.port}/`, { https: 'required' }));
    expect(failed(strict).reason).toBe('https_required');
  });
});

describe('failures, by error code', () => {
  test('refused', async () => {
    const gone = await tcpServer();
    await gone[Symbol.asyncDispose]();
    const result = failed(await egress().send(request(at(gone))));
    expect(result).toMatchObject({ reason: 'refused', requestSent: false });
    expect(result.timing).toMatchObject({ connectMs: null, firstByteMs: null });
  });

  test.each([
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EMFILE', 'unreachable'],
    ['ETIMEDOUT', 'connect_timeout'],
    ['ECONNRESET', 'reset'],
    ['ESOMETHINGNEW', 'reset'],
  ])('%s while connecting is %s, and the resolved address is not told', async (code, reason) => {
    const { dial } = spy(code);
    const result = failed(
      await egress({}, { dial, ...answers(['127.0.0.77']) }).send(request('https://x.test/')),
    );
    expect(result).toMatchObject({ reason, requestSent: false });
    expect(result.detail).toContain(code);
    expect(result.detail).not.toContain('127.0.0.77');
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA'])('%s is dns_error', async (code) => {
    const result = failed(await egress({}, { resolve: failing(code) }).send(request('https://x.test/')));
    expect(result).toMatchObject({ reason: 'dns_error', requestSent: false });
    expect(result.detail).toContain(code);
  });

  test('an empty DNS answer is dns_error', async () => {
    expect(failed(await egress({}, answers([])).send(request('https://x.test/'))).reason).toBe('dns_error');
  });

  test('a reset before the request', async () => {
    const to = await server({ onConnect: (socket) => void socket.resetAndDestroy() });
    const result = failed(await egress().send(request(`https://127.0.0.1:${to.port}/`)));
    expect(result).toMatchObject({ reason: 'reset', requestSent: false });
    expect(failed(await egress().send(request(at(to)))).reason).toBe('reset');
  });

  test('a reset after the request', async () => {
    const to = await server({ onRequest: (socket) => void socket.resetAndDestroy() });
    const result = failed(await egress().send(request(at(to))));
    expect(result).toMatchObject({ reason: 'reset', requestSent: true });
    expect(result.timing.firstByteMs).toBeNull();
  });

  test.each([
    ['before a byte', ''],
    ['inside of the head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['inside of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!'],
    ['inside of a closing body', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nfive!'],
    ['inside of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nfive!'],
    [
      'before the last chunk',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n',
    ],
  ])('an end %s', async (_, bytes) => {
    const to = await server({ onRequest: (socket) => void socket.end(bytes) });
    const result = failed(await egress().send(request(at(to))));
    expect(result).toMatchObject({ reason: 'reset', requestSent: true });
    if (bytes.includes('five!')) {
      expect(result.partial).toMatchObject({ status: 200, bodyBytes: 5, truncated: true });
      expect(Buffer.from(result.partial!.body).toString()).toBe('five!');
    }
  });

  test('a body that ends with the connection is a whole one', async () => {
    const to = await server({
      onRequest: (socket) => void socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall'),
    });
    expect(answered(await egress().send(request(at(to))))).toMatchObject({ bodyBytes: 3, truncated: false });
  });

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a bad header', 'HTTP/1.1 200 OK\r\nbad header line\r\n\r\n'],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    [
      'a head over 16 KiB',
      `HTTP/1.1 200 OK\r\n${'X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1000)}\r\n`,
    ],
  ])('%s is invalid_response', async (_, bytes) => {
    const to = await answering(bytes);
    const result = failed(await egress().send(request(at(to))));
    expect(result).toMatchObject({ reason: 'invalid_response', requestSent: true });
  });

  test.each([
    ['X-A', 'line\r\nX-Evil: 1'],
    ['X-A', 'line\nfold'],
    ['X-A', 'nul\0'],
    ['X-A', 'caf\xe9'],
    ['X-A', 'snow ☃'],
    ['X A', 'v'],
    ['X-A:', 'v'],
    ['', 'v'],
    ['Host', 'other.test'],
    ['content-length', '3'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['TE', 'trailers'],
  ])('header %j with %j is not sent', async (name, value) => {
    const to = await server();
    const result = failed(await egress().send(request(at(to), { headers: [[name, value]] })));
    expect(result).toMatchObject({ reason: 'invalid_header', requestSent: false });
    if (value.length > 3) expect(result.detail).not.toContain(value);
    expect(to.connects).toBe(0);
  });

  test('closing ends what is under way, and nothing is sent after it', async () => {
    const to = await server();
    const out = egress();
    const sending = out.send(request(at(to)));
    const waiting = out.send(request('http://slow.test/'));
    await out.close();
    expect(failed(await sending).reason).toBe('aborted');
    expect(failed(await waiting).reason).toBe('aborted');
    expect(failed(await out.send(request(at(to)))).reason).toBe('aborted');
    expect(out.stats).toMatchObject({ inFlight: 0, pools: 0 });
  });
});

describe('deadlines are real and whole', () => {
  const never = () => new Promise<never>(() => {});
  const blackHole: Dial = () => new Socket();

  /** Not early, and late by no more than a step of the timer and a busy machine. */
  const expectEnded = (result: SendResult, ms: number) => {
    expect(result.timing.durationMs).toBeGreaterThanOrEqual(ms);
    expect(result.timing.durationMs).toBeLessThan(ms + 400);
  };

  test('a receiver that never answers', async () => {
    const to = await server();
    const result = failed(await egress().send(request(at(to), within(120))));
    expect(result).toMatchObject({
      reason: 'timeout',
      requestSent: true,
      detail: 'No answer within 120 ms.',
    });
    expectEnded(result, 120);
    await to.ended(1);
  });

  test('a head that drips for ever', async () => {
    const to = await server({ onRequest: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'X-Drip: 1\r\n') });
    const result = failed(await egress().send(request(at(to), within(150))));
    expect(result).toMatchObject({ reason: 'timeout', requestSent: true });
    expect(result.timing.firstByteMs).toBeTypeOf('number');
    expectEnded(result, 150);
  });

  test('a body that drips for ever', async () => {
    const to = await server({
      onRequest: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n', '.'),
    });
    const result = failed(await egress().send(request(at(to), within(150))));
    expect(result).toMatchObject({ reason: 'timeout', partial: { status: 200, truncated: true } });
    expect(result.detail).toContain('did not end');
    expect(result.partial!.bodyBytes).toBeGreaterThan(0);
    expectEnded(result, 150);
    await to.ended(1);
  });

  test('informational answers without end', async () => {
    const to = await server({ onRequest: (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n') });
    expectEnded(failed(await egress().send(request(at(to), within(100)))), 100);
  });

  test('a resolver that never answers', async () => {
    const result = failed(await egress({}, { resolve: never }).send(request('http://x.test/', within(80))));
    expect(result).toMatchObject({
      reason: 'timeout',
      requestSent: false,
      detail: 'No connection within 80 ms.',
    });
    expectEnded(result, 80);
  });

  test('an address that never answers', async () => {
    const out = egress({}, { dial: blackHole });
    const total = failed(await out.send(request('http://127.0.0.1:9/', within(80))));
    expect(total).toMatchObject({ reason: 'timeout', requestSent: false });
    const timeout = { kind: 'split', connectMs: 60, totalMs: 5000 } as const;
    const split = failed(await out.send(request('http://127.0.0.1:9/', { timeout })));
    expect(split).toMatchObject({ reason: 'connect_timeout', requestSent: false });
    expectEnded(split, 60);
  });

  test('a TLS handshake that never ends', async () => {
    const to = await server();
    const result = failed(await egress().send(request(`https://127.0.0.1:${to.port}/`, within(100))));
    expect(result).toMatchObject({ reason: 'timeout', requestSent: false });
  });

  test('the connect limit ends with the connection, the total goes on', async () => {
    const to = await server();
    const timeout = { kind: 'split', connectMs: 50, totalMs: 160 } as const;
    const result = failed(await egress().send(request(at(to), { timeout })));
    expect(result).toMatchObject({ reason: 'timeout', requestSent: true });
    expectEnded(result, 160);
  });

  test('a silent address leaves time for the next one', async () => {
    const to = await answering(answer('ok'));
    const dial: Dial = (ip, port) => (ip === '127.0.0.2' ? new Socket() : connect(port, ip));
    const out = egress({}, { dial, ...answers(['127.0.0.2', '127.0.0.1']) });
    answered(await out.send(request(`http://x.test:${to.port}/`, within(600))));
  });

  test('one that waited too long for a free connection is never written', async () => {
    const held: Socket[] = [];
    const to = await server({
      onRequest: (socket, chunk) =>
        void (chunk.includes('/first') ? held.push(socket) : socket.write(answer('ok'))),
    });
    const out = egress({}, { connections: 1 });
    const timeout = { kind: 'split', connectMs: 90, totalMs: 5000 } as const;
    const first = out.send(request(at(to, '/first'), { timeout }));
    const late = failed(await out.send(request(at(to, '/late'), { timeout })));
    expect(late).toMatchObject({ reason: 'connect_timeout', requestSent: false });
    held[0]!.write(answer('ok'));
    answered(await first);
    answered(await out.send(request(at(to, '/next'), { timeout })));
    expect(to.connects).toBe(1);
    expect(to.received).not.toContain('/late');
  });

  test('many at once: none early, all ended, nothing left behind', async () => {
    const to = await server();
    const out = egress();
    const results = await Promise.all(
      Array.from({ length: 60 }, () => out.send(request(at(to), within(150)))),
    );
    for (const result of results) expectEnded(result, 150);
    expect(out.stats.inFlight).toBe(0);
  });
});

describe('a test suite around us', () => {
  test('fake timers neither stop a deadline nor make it fire', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    });
    try {
      const to = await server();
      const sending = egress().send(request(at(to), within(80)));
      vi.advanceTimersByTime(60_000);
      const result = failed(await sending);
      expect(result).toMatchObject({ reason: 'timeout', requestSent: true });
      expect(result.timing.durationMs).toBeGreaterThanOrEqual(80);
      expect(result.timing.durationMs).toBeLessThan(10_000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('how much is read', () => {
  const body = (bytes: number) => answering(answer('x'.repeat(bytes)));

  test.each([
    [20_000, 20_000, false],
    [20_001, 20_001, true],
    [65_536, 65_536, true],
  ])('of %i bytes %i are counted', async (size, bodyBytes, truncated) => {
    const result = answered(await egress().send(request(at(await body(size)))));
    expect(result).toMatchObject({ bodyBytes, truncated });
    expect(result.body.length).toBe(Math.min(size, 20_000));
  });

  test.each([
    ['a long body', 'HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n', 'x'.repeat(16_384)],
    [
      'endless chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      `4000\r\n${'x'.repeat(16_384)}\r\n`,
    ],
  ])('%s is cut off at 64 KiB, is an answer, and its connection is closed', async (_, head, part) => {
    const to = await server({ onRequest: (socket) => pour(socket, head, part) });
    const out = egress();
    const result = answered(await out.send(request(at(to))));
    expect(result).toMatchObject({ status: 200, truncated: true });
    expect(result.bodyBytes).toBeGreaterThan(65_536);
    expect(result.bodyBytes).toBeLessThan(65_536 * 3);
    expect(result.body.length).toBe(20_000);
    await to.ended(1);
    expect(out.stats.cutOff).toBe(1);
  });
});

describe('TLS', () => {
  let authority: TestCertificate;
  let good: TestCertificate;
  beforeAll(() => {
    authority = selfSigned({ commonName: 'Test authority' });
    good = authority.issue({ commonName: 'good', names: ['good.test', '127.0.0.1'] });
  });

  async function tlsServer({ cert, key }: TestCertificate, maxVersion?: 'TLSv1.1') {
    const names: (string | false | null)[] = [];
    const from: (string | undefined)[] = [];
    const made = createTlsServer(
      { cert, key, ...(maxVersion ? { minVersion: maxVersion, maxVersion } : {}) },
      (socket) => {
        names.push(socket.servername);
        from.push(socket.remoteAddress);
        socket.on('error', () => {});
        socket.on('data', () => socket.write(answer('ok')));
      },
    );
    made.on('tlsClientError', () => {});
    made.listen(0, '127.0.0.1');
    await once(made, 'listening');
    open.push({ [Symbol.asyncDispose]: async () => void made.close() });
    return { port: (made.address() as AddressInfo).port, names, from };
  }

  const send = (host: string, port: number, ca?: string) =>
    egress({ ca }, answers(['127.0.0.1'])).send(request(`https://${host}:${port}/`, { https: 'required' }));

  test('an extra authority is trusted, by name and by address, and SNI carries names only', async () => {
    const to = await tlsServer(good);
    const byName = answered(await send('good.test', to.port, authority.cert));
    expect(byName.status).toBe(200);
    expect(byName.timing.connectMs).toBeTypeOf('number');
    answered(await send('127.0.0.1', to.port, authority.cert));
    answered(await send('good.test.', to.port, authority.cert));
    expect(to.names).toEqual(['good.test', false, 'good.test']);
  });

  test('a source address holds for https too', async () => {
    const to = await tlsServer(good);
    const url = `https://127.0.0.1:${to.port}/`;
    answered(await egress({ ca: authority.cert }).send(request(url, { localAddress: '127.3.2.1' })));
    expect(to.from).toEqual(['127.3.2.1']);
  });

  test.each([
    ['unknown authority', 'tls_untrusted', () => good, 'good.test'],
    [
      'self-signed',
      'tls_untrusted',
      () => selfSigned({ commonName: 'good.test', names: ['good.test'] }),
      'good.test',
    ],
    [
      'expired',
      'tls_expired',
      () => authority.issue({ commonName: 'old', names: ['good.test'], toYear: 2021 }),
      'good.test',
    ],
    [
      'not yet valid',
      'tls_expired',
      () => authority.issue({ commonName: 'new', names: ['good.test'], fromYear: 2100 }),
      'good.test',
    ],
    ['wrong name', 'tls_wrong_host', () => good, 'other.test'],
    [
      'wrong address',
      'tls_wrong_host',
      () => authority.issue({ commonName: 'ip', names: ['127.0.0.9'] }),
      '127.0.0.1',
    ],
  ])('%s is %s, whatever the environment says', async (which, reason, certificate, host) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const to = await tlsServer(certificate());
    const trusted = which === 'unknown authority' ? undefined : authority.cert;
    const result = failed(await send(host, to.port, trusted));
    expect(result).toMatchObject({ reason, requestSent: false });
    expect(result.detail).toMatch(/\([A-Z_]+\)/);
  });

  test('a port that speaks plain http is tls_error', async () => {
    const to = await server({ onConnect: (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') });
    expect(failed(await send('good.test', to.port))).toMatchObject({
      reason: 'tls_error',
      requestSent: false,
    });
  });
});

/** Writes a piece now and one every 10 ms until the other side goes. */
function drip(socket: Socket, head: string, piece: string): void {
  socket.write(head + piece);
  const timer = setInterval(() => socket.write(piece), 10);
  socket.on('close', () => clearInterval(timer));
}

/** Writes as fast as the other side reads, for ever. */
function pour(socket: Socket, head: string, piece: string): void {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}
