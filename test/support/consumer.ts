import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One request as it arrived: names and order from the wire. */
export interface Received {
  method: string;
  path: string;
  rawHeaders: [string, string][];
  headers: Record<string, string>;
  body: Buffer;
  /** Where it came from. */
  from: string;
  /** Common name of the client certificate; null without one. */
  client: string | null;
}

/** What to answer: a status, or a status with headers and body. */
export type Answer = number | { status: number; headers?: Record<string, string>; body?: string | Buffer };

/** A consumer's endpoint on a real port, that answers what the test says and keeps what came. */
export interface Consumer {
  url: string;
  received: Received[];
  /** From the next request on. */
  answer(with_: Answer | ((request: Received, index: number) => Answer | Promise<Answer>)): void;
  /** Resolves with all requests once at least `count` have come. */
  got(count: number): Promise<Received[]>;
  clear(): void;
  close(): Promise<void>;
}

/** @param tls speaks https with these. */
export async function createConsumer(first: Answer = 200, tls?: ServerOptions): Promise<Consumer> {
  let decide: (request: Received, index: number) => Answer | Promise<Answer> = () => first;
  let waiting: { count: number; done(requests: Received[]): void }[] = [];
  const received: Received[] = [];
  const listener: RequestListener = async (req, res) => {
    const request = await read(req);
    received.push(request);
    waiting = waiting.filter(({ count, done }) => {
      if (received.length < count) return true;
      done(received);
      return false;
    });
    const answer = await decide(request, received.length - 1);
    const { status, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer;
    res.writeHead(status, headers).end(body);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer(with_) {
      decide = typeof with_ === 'function' ? with_ : () => with_;
    },
    got: (count) =>
      received.length >= count
        ? Promise.resolve(received)
        : new Promise((done) => waiting.push({ count, done })),
    clear() {
      received.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(req: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const rawHeaders: [string, string][] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2)
    rawHeaders.push([req.rawHeaders[i]!, req.rawHeaders[i + 1]!]);
  const headers = Object.fromEntries(rawHeaders.map(([name, value]) => [name.toLowerCase(), value]));
  const subject = (req.socket as Partial<TLSSocket>).getPeerCertificate?.()?.subject;
  return {
    method: req.method ?? '',
    path: req.url ?? '',
    rawHeaders,
    headers,
    body: Buffer.concat(chunks),
    from: req.socket.remoteAddress ?? '',
    client: subject?.CN === undefined ? null : String(subject.CN),
  };
}
