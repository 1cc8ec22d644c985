import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress, type Egress, type OutgoingRequest } from '../../src/engine/egress/egress.js';
import type { SendResult } from '../../src/engine/egress/exchange.js';

/** Bytes of an answer that are kept, and that are read at most before a chunk goes beyond it. */
const KEPT = 20_000;
const READ = 65_536;
const CHUNK = 65_536;
const BOMB = Buffer.alloc(64 * 1024 * 1024);

/** How a receiver that means harm answers one request; returns what has to stop when the connection ends. */
type Manner = (socket: Socket) => NodeJS.Timeout | undefined;

const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`;
const compressed =
  (encoding: string, bytes: Buffer): Manner =>
  (socket) => {
    socket.write(head(`Content-Encoding: ${encoding}\r\nContent-Length: ${bytes.length}`));
    socket.write(bytes);
    return undefined;
  };
const again = (socket: Socket, bytes: string | Buffer, everyMs: number) =>
  setInterval(() => void socket.write(bytes), everyMs);

const ENDLESS = 'x'.repeat(32_768);

/** By name, and how each has to end. */
const MANNERS: Readonly<Record<string, { answers: Manner; ends: SendResult['kind'] | string }>> = {
  'never says a word': { answers: () => undefined, ends: 'timeout' },
  'drips its head': { answers: (socket) => again(socket, 'H', 20), ends: 'invalid_response' },
  'drips headers': {
    answers: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      return again(socket, 'X-Drip: 1\r\n', 20);
    },
    ends: 'timeout',
  },
  'drips its body': {
    answers: (socket) => {
      socket.write(head('Content-Length: 1000000'));
      return again(socket, 'x', 20);
    },
    ends: 'timeout',
  },
  'sends a body without end': {
    answers: (socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      return again(socket, `8000\r\n${ENDLESS}\r\n`, 5);
    },
    ends: 'answered',
  },
  'promises a gigabyte and begins': {
    answers: (socket) => {
      socket.write(head('Content-Length: 1073741824'));
      return again(socket, ENDLESS, 5);
    },
    ends: 'answered',
  },
  'promises a gigabyte and stops': {
    answers: (socket) => {
      socket.write(head('Content-Length: 1073741824'));
      socket.write('x');
      return undefined;
    },
    ends: 'timeout',
  },
  'sends a gzip bomb': { answers: compressed('gzip', gzipSync(BOMB)), ends: 'answered' },
  'sends a brotli bomb': { answers: compressed('br', brotliCompressSync(BOMB)), ends: 'answered' },
  'sends 10,000 headers': {
    answers: (socket) => {
      socket.write(head(Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${i}`).join('\r\n')));
      return undefined;
    },
    ends: 'invalid_response',
  },
  'never ends a chunk': {
    answers: (socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      socket.write('ffffffff\r\nx');
      return undefined;
    },
    ends: 'timeout',
  },
  'says 100 again and again': {
    answers: (socket) => again(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 5),
    // Nobody asked whether to continue.
    ends: 'reset',
  },
  'says 103 and sends links': {
    answers: (socket) => again(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n', 5),
    ends: 'timeout',
  },
};

/** Answers every request of every connection in one manner, and remembers how much it could write. */
async function receiver(answers: Manner): Promise<{ port: number; open: () => number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let running: NodeJS.Timeout | undefined;
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(running);
      sockets.delete(socket);
    });
    socket.once('data', () => {
      running = answers(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, open: () => sockets.size, server };
}

describe('fifty receivers that mean harm, at once', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let out: Egress;
  const results: { manner: string; result: SendResult }[] = [];
  const healthy: SendResult[] = [];
  let hostile: Awaited<ReturnType<typeof receiver>>[];

  beforeAll(async () => {
    out = createEgress({ mode: 'local', allow: [], ownPorts: () => [] });
    closing.push(() => out.close());
    const names = Object.keys(MANNERS);
    hostile = await Promise.all(names.map((name) => receiver(MANNERS[name]!.answers)));
    const good = await receiver((socket) => {
      socket.end(`${head('Content-Length: 2\r\nConnection: close')}ok`);
      return undefined;
    });
    for (const { server } of [...hostile, good])
      closing.push(async () => {
        server.close();
        server.unref();
      });
    const send = (port: number, changes: Partial<OutgoingRequest>) =>
      out.send({
        url: `http://127.0.0.1:${port}/`,
        headers: [['Content-Type', 'application/json']],
        body: Buffer.from('{}'),
        timeout: { kind: 'total', ms: 2_000 },
        poolKey: 'hostile',
        https: 'optional',
        ...changes,
      });
    const bad = Array.from({ length: 52 }, async (_, i) => {
      const at = i % names.length;
      const manner = names[at]!;
      // What ends by itself gets the time that a busy machine may need for it.
      const ms = MANNERS[manner]!.ends === 'timeout' ? 2_000 : 60_000;
      results.push({ manner, result: await send(hostile[at]!.port, { timeout: { kind: 'total', ms } }) });
    });
    // While they are at it, another tenant's receiver is served one request after the other.
    for (let i = 0; i < 50; i++)
      healthy.push(await send(good.port, { poolKey: 'healthy', timeout: { kind: 'total', ms: 60_000 } }));
    await Promise.all(bad);
  }, 120_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });

  test.each(Object.keys(MANNERS))('one that %s has an end, by its reason', (manner) => {
    const mine = results.filter((one) => one.manner === manner);
    expect(mine).toHaveLength(4);
    for (const { result } of mine)
      expect(result.kind === 'failed' ? result.reason : result.kind).toBe(MANNERS[manner]!.ends);
  });

  test('no more is read than is meant to be, nothing is unpacked, and what is kept is little', () => {
    for (const { manner, result } of results) {
      const answer = result.kind === 'answered' ? result : result.partial;
      if (!answer) continue;
      expect(answer.body.length, manner).toBeLessThanOrEqual(KEPT);
      expect(answer.bodyBytes, manner).toBeLessThanOrEqual(READ + CHUNK);
      expect(JSON.stringify(answer.headers).length, manner).toBeLessThan(32_768);
      if (answer.bodyBytes > KEPT) expect(answer.truncated, manner).toBe(true);
    }
    const gzip = results.find(({ manner }) => manner === 'sends a gzip bomb')!.result;
    expect(gzip).toMatchObject({ kind: 'answered', status: 200 });
    expect((gzip as { body: Uint8Array }).body.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });

  test('a healthy receiver was served all the while', () => {
    expect(healthy.map((result) => result.kind)).toEqual(Array(50).fill('answered'));
  });

  test('nothing stays behind: no request, and no connection that is of use to them', async () => {
    expect(out.stats.inFlight).toBe(0);
    await out.close();
    expect(out.stats.sockets).toBe(0);
  });
});
