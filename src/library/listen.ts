import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config.js';
import { asText } from '../lib/bytes.js';
import { isoMillis, wallClock } from '../lib/clock.js';
import type { Json } from '../lib/merge-patch.js';
import { setTimeout } from '../lib/timers.js';
import type { HeaderList, Profile } from '../providers/contract.js';
import { loadRegistry } from '../providers/registry.js';
import type { Cause } from '../providers/signing/causes.js';
import { explain } from '../providers/signing/explain.js';
import { sentValue } from '../providers/signing/verify.js';
import { idOf, testTypeOf, typeOf } from './received-event.js';
import { recognise } from './verify-request.js';

export interface ListenOptions {
  /** Default: told by the headers of each request. */
  provider?: string;
  /** What may have signed, by provider. */
  secrets?: Readonly<Record<string, readonly string[]>>;
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** Of the answer to a good request, 200 to 599; default 200. One of an error takes no effect. */
  status?: number;
  /** Before each answer, real milliseconds. */
  delayMs?: number;
  /** How far a signed timestamp may be from now, milliseconds; null: as far as it likes; default 5 minutes. */
  toleranceMs?: number | null;
  /** Told each request, once it is answered. */
  heard?(request: Heard): void;
}

/** One request and what became of it. */
export interface Heard {
  at: string;
  method: string;
  path: string;
  provider: string | null;
  type: string | null;
  /** What it is taken once by. */
  id: string | null;
  verdict: 'valid' | 'invalid' | 'unproved' | null;
  causes: readonly Cause[];
  status: number;
  duplicate: boolean;
  bodyBytes: number;
}

export interface Listener {
  url: string;
  /** What was taken, each event once; in no order. */
  effects(): Effect[];
  close(): Promise<void>;
}

export interface Effect {
  provider: string;
  type: string;
  id: string;
}

const TOLERANCE_MS = 300_000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const EFFECTS = '/effects';

interface Answer
  extends Partial<Pick<Heard, 'provider' | 'type' | 'id' | 'verdict' | 'causes' | 'duplicate'>> {
  status: number;
  body: Json;
}

/** A correct consumer of every provider: verifies, takes each event once, tells what it took at `/effects`. @throws ConfigError */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, status = 200, delayMs = 0, toleranceMs = TOLERANCE_MS } = options;
  const registry = await loadRegistry();
  const only = options.provider === undefined ? null : registry.get(options.provider);
  const taken = new Map<string, Effect>();

  const whose = (headers: HeaderList): Profile | null => {
    try {
      return only ?? recognise(registry, headers);
    } catch {
      return null;
    }
  };

  const take = (headers: HeaderList, body: Buffer): Answer => {
    const profile = whose(headers);
    if (!profile) return refusal(401, 'nobody known proves itself in the headers');
    const { verdict, causes } = explain(profile, {
      headers,
      body,
      secrets: options.secrets?.[profile.id] ?? [],
      nowMs: wallClock.now(),
      toleranceMs,
    });
    const known = { provider: profile.id, verdict, causes };
    if (verdict === 'invalid') return { ...refusal(401, 'it does not prove whose it is'), ...known };
    if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(sentValue(headers, 'content-type') ?? ''))
      return { ...refusal(415, 'the body has to be application/json'), ...known };
    const json = jsonOf(body);
    if (json === undefined) return { ...refusal(400, 'the body is no JSON'), ...known };
    const type = typeOf(profile, json);
    const id = idOf(profile, { headers, json }) ?? createHash('sha256').update(body).digest('hex');
    const key = `${profile.id} ${id}`;
    const duplicate = taken.has(key);
    const event = { ...known, type: type ?? testTypeOf(profile, json), id, duplicate };
    if (status >= 300) return { ...refusal(status, 'it was told to answer so'), ...event };
    // Tests and types that nobody knows are acknowledged, and nothing comes of them.
    if (type !== null) taken.set(key, { provider: profile.id, type, id });
    return { status, body: { received: true, duplicate }, ...event };
  };

  const answer = async (request: IncomingMessage): Promise<Answer & { bodyBytes: number }> => {
    const path = (request.url ?? '').split('?')[0];
    const empty = (reply: Answer) => ({ ...reply, bodyBytes: 0 });
    if (path === EFFECTS && request.method === 'GET')
      return empty({
        status: 200,
        body: { taken: [...taken.values()] as unknown as Json },
      });
    if (request.method !== 'POST') return empty(refusal(405, 'webhooks are POSTed'));
    const body = await read(request);
    if (!body) return empty(refusal(413, 'the body is over 2 MiB'));
    return { ...take(pairs(request.rawHeaders), body), bodyBytes: body.length };
  };

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    const at = isoMillis(wallClock.now());
    answer(request).then(
      async ({ body, ...rest }) => {
        if (delayMs > 0) await new Promise((done) => setTimeout(done, delayMs));
        reply(response, rest.status, body);
        if (request.url?.startsWith(EFFECTS) && request.method === 'GET') return;
        const { method = '', url: path = '' } = request;
        options.heard?.({ ...NOTHING_KNOWN, ...rest, at, method, path });
      },
      // It broke off in the middle: nobody is there to be answered.
      () => void response.destroy(),
    );
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `Port ${port} on ${host} cannot be listened on (${code}); take another one, or 0 for any free one.`,
    );
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    effects: () => [...taken.values()],
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const NOTHING_KNOWN = { provider: null, type: null, id: null, verdict: null, causes: [], duplicate: false };

function refusal(status: number, reason: string): Answer {
  return { status, body: { received: false, reason } };
}

function reply(response: ServerResponse, status: number, body: Json): void {
  if (response.destroyed) return;
  // A request that was not read to its end leaves the connection unusable.
  if (!response.req.complete) response.setHeader('connection', 'close');
  if (status === 204 || status === 304) return void response.writeHead(status).end();
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The whole body; null when it is too large, and the rest is not read then. */
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

function pairs(raw: readonly string[]): HeaderList {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]!] as const] : []));
}

function jsonOf(body: Buffer): Json | undefined {
  try {
    return JSON.parse(asText(body)) as Json;
  } catch {
    return undefined;
  }
}
