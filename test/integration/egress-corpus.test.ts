import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { classify } from '../../src/engine/egress/addresses.js';
import { type Dial, dialTcp } from '../../src/engine/egress/connector.js';
import { createEgress, type Egress, type OutgoingRequest } from '../../src/engine/egress/egress.js';
import { judgeUrl } from '../../src/engine/egress/judge-url.js';
import type { EgressRules } from '../../src/engine/egress/rules.js';
import {
  at,
  FORBIDDEN_ADDRESSES,
  forbiddenTargets,
  legitimateTargets,
  PUBLIC_ADDRESSES,
  type Target,
} from '../support/egress-corpus.js';
import { answer, type TcpServer, tcpServer } from '../support/tcp-server.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** An egress whose connections go nowhere: each is noted, and refused. No packet leaves the process. */
function spied(rules: Partial<EgressRules>, targets: readonly Target[] = []) {
  const dialled: string[] = [];
  const asked: string[] = [];
  const dial: Dial = (ip, port) => {
    dialled.push(ip);
    const socket = new Socket();
    const error = Object.assign(new Error(`connect ECONNREFUSED ${ip}:${port}`), { code: 'ECONNREFUSED' });
    process.nextTick(() => socket.destroy(error));
    return socket;
  };
  const names = new Map(
    targets.flatMap(({ url, answers }) => (answers ? [[new URL(url).hostname, answers] as const] : [])),
  );
  const resolve = async (name: string) => {
    asked.push(name);
    return names.get(name) ?? [];
  };
  const full: EgressRules = { mode: 'public', allow: [], ownPorts: () => [], ...rules };
  const out = createEgress(full, { dial, resolve });
  open.push({ [Symbol.asyncDispose]: () => out.close() });
  return { out, rules: full, dialled, asked };
}

const send = async (out: Egress, url: string, changes: Partial<OutgoingRequest> = {}) => {
  const result = await out.send({
    url,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from('{}'),
    timeout: { kind: 'total', ms: 30_000 },
    poolKey: 'tenant',
    https: 'optional',
    ...changes,
  });
  return result.kind === 'failed' ? result.reason : result.status;
};

const NEVER_TRIED = ['egress_blocked', 'dns_error'];

describe('more than 300 targets that nobody may reach', () => {
  test('there are that many', () => {
    expect(forbiddenTargets().length).toBeGreaterThan(300);
    expect(legitimateTargets().length).toBeGreaterThan(40);
  });

  test('public mode connects to none, and registers none that it can judge', async () => {
    const targets = forbiddenTargets();
    const { out, rules, dialled } = spied({}, targets);
    const wrong: string[] = [];
    for (const { url, answers } of targets) {
      const reason = await send(out, url);
      if (!NEVER_TRIED.includes(String(reason))) wrong.push(`${url}: ${reason}`);
      if (!answers && judgeUrl(url, rules, 'optional').ok) wrong.push(`${url} was registered`);
    }
    expect(wrong).toEqual([]);
    expect(dialled).toEqual([]);
    expect(out.stats.sockets).toBe(0);
  });

  test('networks opened beside change nothing for the others, nor for metadata and Ringer inside of them', async () => {
    const allow = [
      '10.9.0.0/16',
      '169.254.0.0/16',
      '100.64.0.0/10',
      '168.63.0.0/16',
      'fd00::/8',
      'fe80::/10',
    ];
    const opened = (ip: string) =>
      /^(10\.9\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|168\.63\.|fd|fe[89ab])/.test(ip);
    const targets = forbiddenTargets();
    const { out, dialled } = spied({ allow }, targets);
    for (const { url } of targets) await send(out, url);
    // A name may lead to an opened address and a public one: nothing forbidden is among its answers.
    expect(dialled.filter((ip) => !opened(ip) && classify(ip) !== 'public')).toEqual([]);
    expect(dialled.filter((ip) => classify(ip) === 'metadata')).toEqual([]);
    // What it is for: these were tried.
    expect(dialled).toContain('fd7a:115c:a1e0::1');
    expect(dialled).toContain('100.64.0.0');
    for (const ip of FORBIDDEN_ADDRESSES.filter((ip) => classify(ip) === 'metadata'))
      expect(await send(out, at(ip)), ip).toBe('egress_blocked');
  });

  test('local mode opens loopback and nothing else', async () => {
    const targets = forbiddenTargets();
    const { out, dialled } = spied({ mode: 'local' }, targets);
    for (const { url } of targets) await send(out, url);
    expect(dialled.filter((ip) => !['loopback', 'public'].includes(classify(ip)))).toEqual([]);
    expect(dialled).toContain('127.255.255.255');
    expect(dialled).toContain('::1');
  });

  test('no listener on 127.0.0.1 or ::1 sees a connection in public mode, though real ones would be made', async () => {
    const [four, six] = await Promise.all([tcpServer(), tcpServer({ host: '::1' })]);
    open.push(four, six);
    const out = createEgress(
      { mode: 'public', allow: [], ownPorts: () => [] },
      {
        resolve: async () => ['127.0.0.1', '::1'],
        // A guard with a hole would reach the listeners, and still send nothing beyond them.
        dial: (ip, port, from) => dialTcp(classify(ip) === 'loopback' ? ip : '127.0.0.1', port, from),
      },
    );
    open.push({ [Symbol.asyncDispose]: () => out.close() });
    for (const { url } of forbiddenTargets()) {
      if (!URL.canParse(url)) continue;
      for (const { port } of [four, six]) {
        const there = new URL(url);
        if (!there.protocol.startsWith('http')) continue;
        there.port = String(port);
        expect(NEVER_TRIED, there.href).toContain(await send(out, there.href));
      }
    }
    expect([four.connects, six.connects]).toEqual([0, 0]);
  });
});

describe('what consumers really have', () => {
  test('passes, in every mode', async () => {
    const targets = legitimateTargets();
    for (const mode of ['public', 'local'] as const) {
      const { out, rules, dialled } = spied({ mode }, targets);
      for (const { url, answers } of targets) {
        const verdict = judgeUrl(url, rules, 'optional');
        expect(verdict.ok, url).toBe(true);
        dialled.length = 0;
        expect(await send(out, verdict.ok ? verdict.url : ''), url).toBe('refused');
        expect(dialled, url).toEqual(answers);
      }
    }
  });

  test('addresses just outside of the forbidden ranges too', async () => {
    const { out, rules, dialled } = spied({});
    for (const ip of PUBLIC_ADDRESSES) {
      expect(judgeUrl(at(ip), rules, 'optional').ok, ip).toBe(true);
      expect(await send(out, at(ip)), ip).toBe('refused');
    }
    expect(dialled.map((ip) => new URL(at(ip)).hostname)).toEqual(
      PUBLIC_ADDRESSES.map((ip) => new URL(at(ip)).hostname),
    );
  });
});

describe('a way in that goes by way of an honest place', () => {
  const asking = async () => {
    const to = await tcpServer();
    open.push(to);
    return to;
  };
  const saying = async (head: (target: TcpServer) => string) => {
    const target = await asking();
    const honest = await tcpServer({
      onRequest: (socket) => void socket.write(answer('ok', head(target))),
    });
    open.push(honest);
    return { target, honest };
  };
  const local = () => {
    const out = createEgress({ mode: 'local', allow: [], ownPorts: () => [] });
    open.push({ [Symbol.asyncDispose]: () => out.close() });
    return out;
  };

  const WAYS: readonly [string, (port: number) => string][] = [
    ...[300, 301, 302, 303, 307, 308].map(
      (status) =>
        [
          `a ${status}`,
          (port: number) => `HTTP/1.1 ${status} Elsewhere\r\nLocation: http://127.0.0.1:${port}/`,
        ] as [string, (port: number) => string],
    ),
    ['a relative Location', (port) => `HTTP/1.1 302 Found\r\nLocation: //127.0.0.1:${port}/`],
    ['a Refresh', (port) => `HTTP/1.1 200 OK\r\nRefresh: 0; url=http://127.0.0.1:${port}/`],
    ['an Alt-Svc', (port) => `HTTP/1.1 200 OK\r\nAlt-Svc: h2="127.0.0.1:${port}", h3="127.0.0.1:${port}"`],
    ['a Link', (port) => `HTTP/1.1 200 OK\r\nLink: <http://127.0.0.1:${port}/>; rel=preload`],
    ['a Content-Location', (port) => `HTTP/1.1 201 Created\r\nContent-Location: http://127.0.0.1:${port}/`],
    [
      'an early hint',
      (port) => `HTTP/1.1 103 Early Hints\r\nLink: <http://127.0.0.1:${port}/>\r\n\r\nHTTP/1.1 200 OK`,
    ],
    ['a 305', (port) => `HTTP/1.1 305 Use Proxy\r\nLocation: http://127.0.0.1:${port}/`],
    ['a 407', () => 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic'],
    ['a 401', () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"'],
  ];
  test.each(WAYS)('%s is an answer, and leads nowhere', async (_, head) => {
    const { target, honest } = await saying(({ port }) => head(port));
    const out = local();
    expect(await send(out, `http://127.0.0.1:${honest.port}/`)).toBeTypeOf('number');
    expect(await send(out, `http://127.0.0.1:${honest.port}/`)).toBeTypeOf('number');
    expect(target.connects).toBe(0);
    expect(honest.received.match(/POST \//g)).toHaveLength(2);
  });

  test('a proxy named in the environment is not asked', async () => {
    const proxy = await asking();
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const { out, dialled } = spied({});
    for (const scheme of ['http', 'https'] as const)
      expect(await send(out, at('93.184.216.34', scheme))).toBe('refused');
    expect(dialled).toEqual(['93.184.216.34', '93.184.216.34']);
    expect(proxy.connects).toBe(0);
  });

  test('Ringer’s own port is no target on any address of this machine, whatever is opened', async () => {
    const own = 4700;
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map((i) => i.address) ?? []);
    const everything = ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'];
    const { out, dialled } = spied({ mode: 'local', allow: everything, ownPorts: () => [own] });
    const places = [...addresses, '127.0.0.1', '127.3.2.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1'];
    for (const ip of places.filter((address) => !address.includes('%')))
      expect(await send(out, at(ip, 'http').replace(/\/$/, `:${own}/`)), ip).toBe('egress_blocked');
    expect(await send(out, `http://localhost:${own}/`)).toBe('egress_blocked');
    expect(dialled).toEqual([]);
    expect(await send(out, `http://127.0.0.1:${own + 1}/`)).toBe('refused');
    expect(dialled).toEqual(['127.0.0.1']);
  });
});

describe('a name whose answer changes', () => {
  test('reaches nothing in 1,000 tries, and is resolved exactly once for each connection', async () => {
    const inner = await tcpServer();
    open.push(inner);
    let asked = 0;
    const dialled: string[] = [];
    const out = createEgress(
      { mode: 'public', allow: [], ownPorts: () => [] },
      {
        resolve: async () => [asked++ % 2 === 0 ? '93.184.216.34' : '127.0.0.1'],
        dial: (ip, port, from) => {
          dialled.push(ip);
          const socket = new Socket();
          if (classify(ip) === 'loopback') return dialTcp(ip, port, from);
          process.nextTick(() => socket.destroy(Object.assign(new Error(''), { code: 'ECONNREFUSED' })));
          return socket;
        },
      },
    );
    open.push({ [Symbol.asyncDispose]: () => out.close() });
    const reasons = new Map<unknown, number>();
    for (let i = 0; i < 1_000; i++) {
      // A few tenants, so that pools of every age take part.
      const poolKey = `tenant ${i % 7}`;
      const reason = await send(out, `http://rebind.example:${inner.port}/`, { poolKey });
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({ refused: 500, egress_blocked: 500 });
    expect(asked).toBe(1_000);
    expect(dialled).toHaveLength(500);
    expect(new Set(dialled)).toEqual(new Set(['93.184.216.34']));
    expect(inner.connects).toBe(0);
  });

  test('a connection that stays open is used without asking again, and the next one is judged anew', async () => {
    let asked = 0;
    const honest = await tcpServer({ onRequest: (socket) => void socket.write(answer('ok')) });
    open.push(honest);
    // Opened on purpose stands for public here: the network of the honest server is allowed, the rest is not.
    const out = createEgress(
      { mode: 'public', allow: ['127.0.0.1/32'], ownPorts: () => [] },
      { resolve: async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']) },
    );
    open.push({ [Symbol.asyncDispose]: () => out.close() });
    const url = `http://rebind.example:${honest.port}/`;
    const idle = () => new Promise((done) => setImmediate(() => setImmediate(done)));
    for (let i = 0; i < 50; i++) {
      expect(await send(out, url)).toBe(200);
      await idle();
    }
    expect([asked, honest.connects]).toEqual([1, 1]);
    for (let i = 0; i < 50; i++)
      expect(await send(out, url, { poolKey: `another ${i}` })).toBe('egress_blocked');
    expect([asked, honest.connects]).toEqual([51, 1]);
  });
});
