import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asText } from '../lib/bytes.js';
import { isoMillis, type WallClock, wallClock } from '../lib/clock.js';
import { invariant } from '../lib/invariant.js';
import { setTimeout as startTimer, clearTimeout as stopTimer } from '../lib/timers.js';

/** A built-in consumer on its own loopback port, so that something can be seen within a minute. */
export interface Receiver {
  readonly port: number;
  /** Where a tenant's subscriptions may point; anything may follow the path. */
  urlFor(tenantId: string): string;
  /** What it answers from now on; what is left out stays. */
  configure(tenantId: string, settings: Partial<ReceiverSettings>): void;
  settings(tenantId: string): ReceiverSettings;
  /** Oldest first: the last 200, fewer when their bodies are large. */
  requests(tenantId: string): readonly ReceivedRequest[];
  /** Forgets the tenant's requests and settings; its address stays good. */
  clear(tenantId: string): void;
  close(): Promise<void>;
}

export interface ReceiverSettings {
  /** 200 to 599; starts as 200. Not used for a request that fails its verification: that is a 401. */
  status: number;
  /** Before the answer, 0 to 60,000; starts as 0. */
  delayMs: number;
}

export interface ReceivedRequest {
  /** Wall time, ISO 8601. */
  receivedAt: string;
  method: string;
  /** With the query, without the tenant. */
  path: string;
  headers: [name: string, value: string][];
  /** As text; invalid UTF-8 shows as U+FFFD. */
  body: string;
  bodyBytes: number;
  /** What was answered, or will be once the delay is over. */
  status: number;
  /** Null when there was nothing to verify. */
  verified: boolean | null;
  reason: string | null;
}

/** What verification may look at: the bytes as they came. */
export interface ReceivedBytes {
  method: string;
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
}

export interface Verification {
  verified: boolean | null;
  reason: string | null;
}

export interface ReceiverOptions {
  /** A loopback address; default 127.0.0.1. */
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** Whether a correct consumer would take it. Without one nothing is verified. */
  verify?: (tenantId: string, request: ReceivedBytes) => Verification | Promise<Verification>;
  clock?: WallClock;
}

const KEPT_REQUESTS = 200;
/** Body bytes kept per tenant; the oldest requests go first. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Tenants kept; the one not heard of for longest goes first. */
const KEPT_TENANTS = 1000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const TENANT = /^\/([A-Za-z0-9_-]{1,64})(?=[/?]|$)/;
const UNVERIFIED: Verification = { verified: null, reason: null };

interface Box extends ReceiverSettings {
  requests: ReceivedRequest[];
  bytes: number;
}

export async function createReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { host = '127.0.0.1', clock = wallClock } = options;
  const boxes = new Map<string, Box>();

  const boxOf = (tenantId: string): Box => {
    const box = boxes.get(tenantId) ?? { status: 200, delayMs: 0, requests: [], bytes: 0 };
    boxes.delete(tenantId);
    boxes.set(tenantId, box);
    const [oldest] = boxes.keys();
    if (boxes.size > KEPT_TENANTS && oldest !== undefined) boxes.delete(oldest);
    return box;
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? '';
    const tenantId = TENANT.exec(target)?.[1];
    if (tenantId === undefined) return answer(response, 404, 'There is no receiver at this path.');
    const body = await read(request);
    if (body === null) return answer(response, 413, 'The body is over 2 MiB.');
    const received = {
      method: request.method ?? '',
      path: target.slice(tenantId.length + 1) || '/',
      headers: pairs(request.rawHeaders),
      body,
    };
    const { verified, reason } = (await options.verify?.(tenantId, received)) ?? UNVERIFIED;
    const box = boxOf(tenantId);
    const status = verified === false ? 401 : box.status;
    keep(box, {
      ...received,
      receivedAt: isoMillis(clock.now()),
      body: asText(body),
      bodyBytes: body.length,
      status,
      verified,
      reason,
    });
    if (status !== 401 && box.delayMs > 0) await pause(box.delayMs, response);
    answer(response, status, reason);
  };

  const server = createServer(
    // Slow senders lose: 10 s for a head, 30 s for a whole request.
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 32_768,
    },
    (request, response) => {
      receive(request, response).catch(() => answer(response, 500, 'The verification itself failed.'));
    },
  );
  server.maxConnections = 1000;
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    port,
    urlFor: (tenantId) => `http://${host.includes(':') ? `[${host}]` : host}:${port}/${tenantId}`,
    configure(tenantId, { status, delayMs }) {
      invariant(status === undefined || (status >= 200 && status <= 599), 'receiver status is 200 to 599');
      invariant(
        delayMs === undefined || (delayMs >= 0 && delayMs <= 60_000),
        'receiver delay is 0 to 60,000 ms',
      );
      const box = boxOf(tenantId);
      box.status = status ?? box.status;
      box.delayMs = delayMs ?? box.delayMs;
    },
    settings(tenantId) {
      const { status, delayMs } = boxOf(tenantId);
      return { status, delayMs };
    },
    requests: (tenantId) => [...boxOf(tenantId).requests],
    clear: (tenantId) => void boxes.delete(tenantId),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function keep(box: Box, request: ReceivedRequest): void {
  box.requests.push(request);
  box.bytes += request.bodyBytes;
  while (box.requests.length > KEPT_REQUESTS || (box.bytes > KEPT_BYTES && box.requests.length > 1)) {
    box.bytes -= box.requests.shift()?.bodyBytes ?? 0;
  }
}

/** The whole body, or null when it is too large; the rest is not read then. */
async function read(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Ends early when the sender gives up. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = startTimer(resolve, ms);
    response.once('close', () => {
      stopTimer(timer);
      resolve();
    });
  });
}

function answer(response: ServerResponse, status: number, reason: string | null): void {
  if (response.destroyed || response.headersSent) return;
  // A request that was not read to its end leaves the connection unusable.
  if (!response.req.complete) response.setHeader('connection', 'close');
  if (status === 204 || status === 304) {
    response.writeHead(status).end();
    return;
  }
  const body = JSON.stringify({ received: status < 300, reason });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function pairs(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([raw[i]!, raw[i + 1]!]);
  return list;
}
