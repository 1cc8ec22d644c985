import { type WallClock, wallClock } from '../../lib/clock.js';
import type { HeaderList, HttpsRule, TimeoutRule } from '../../providers/contract.js';
import type { LaneTls } from '../access/lane-access.js';
import { type Manner, script } from '../faults/manner.js';
import { type ConnectorOptions, createConnectors, type Dial, dialTcp } from './connector.js';
import { createDeadlines } from './deadlines.js';
import { Exchange, type SendResult } from './exchange.js';
import { type SendFailure, say } from './failures.js';
import { headersFault } from './headers.js';
import { createPools } from './pools.js';
import { exchangeRaw } from './raw-exchange.js';
import { createResolver, type Resolve, systemResolve } from './resolver.js';
import { type EgressRules, opensAnything } from './rules.js';
import type { Together } from './together.js';

export interface OutgoingRequest {
  /** Default POST. */
  method?: 'POST' | 'GET' | 'HEAD';
  url: string;
  /** Sent in this order and case, after `host` and `connection` and before `content-length`. */
  headers: HeaderList;
  body: Uint8Array;
  /** Real time from `send` on, waiting for a free connection included. */
  timeout: TimeoutRule;
  /** How much of that time is over already, milliseconds; default 0. */
  spentMs?: number;
  /** Requests share connections only within one key: a tenant, or a subscription. */
  poolKey: string;
  https: HttpsRule;
  /** The address of this machine to send from; absent or null: whichever the system takes. */
  localAddress?: string | null;
  /** Requests with different ones never share a connection; default none. */
  tls?: LaneTls | null;
  /** Bytes of the answer's body that are read and kept; default: as an attempt record shows them. */
  keepBytes?: number;
  /** How its bytes are written, on a connection of its own; absent or null: as any client does it. */
  manner?: Manner | null;
  /** With a manner: its last byte waits for those of the others. */
  together?: Together | null;
}

/** The one door out: every request to a consumer leaves through it. */
export interface Egress {
  /** Asks once. Never rejects: what went wrong is in the result. */
  send(request: OutgoingRequest): Promise<SendResult>;
  /** Ends what is under way as `aborted` and closes every connection. */
  close(): Promise<void>;
  readonly stats: EgressStats;
}

export interface EgressStats {
  inFlight: number;
  pools: number;
  /** Open connections, idle ones and those being made included. */
  sockets: number;
  /** Requests refused since the start because of where they would have gone. */
  blocked: number;
  /** Answers since the start of which not every byte was kept. */
  cutOff: number;
}

export interface EgressOptions {
  /** Connections per pool, 1 or more; default 128. */
  connections?: number;
  /** Pools kept at once; default 1,024. */
  maxPools?: number;
  resolve?: Resolve;
  dial?: Dial;
  clock?: WallClock;
}

interface Target {
  protocol: string;
  hostname: string;
  port: string;
  host: string;
  origin: string;
  path: string;
  secure: boolean;
}

/** Milliseconds after the deadline of the request that waits for it when an attempt to connect is given up. */
const CONNECT_GRACE_MS = 250;
const REMEMBERED_URLS = 4096;

export function createEgress(rules: EgressRules, options: EgressOptions = {}): Egress {
  const { connections = 128, maxPools = 1024, clock = wallClock } = options;
  const monotonic = clock.monotonic;
  const connectors = createConnectors(
    rules,
    createResolver(options.resolve ?? systemResolve),
    options.dial ?? dialTcp,
  );
  const pools = createPools(connectors, { connections, maxPools, monotonic });
  const deadlines = createDeadlines<Exchange>(monotonic);
  const targets = new Map<string, Target | null>();
  const newConnection = () => connectors.handingOver;
  let closed = false;
  let blocked = 0;
  let cutOff = 0;

  const targetOf = (url: string): Target | null => {
    let target = targets.get(url);
    if (target === undefined) {
      if (targets.size >= REMEMBERED_URLS) targets.clear();
      target = parseTarget(url);
      targets.set(url, target);
    }
    return target;
  };

  const failedAtOnce = (reason: SendFailure, detail: string = say(reason)): Promise<SendResult> => {
    const timing = { startedWallMs: clock.now(), durationMs: 0, connectMs: null, firstByteMs: null };
    return Promise.resolve({ kind: 'failed', reason, detail, requestSent: false, timing });
  };

  const ended = (exchange: Exchange, result: SendResult): void => {
    deadlines.delete(exchange);
    if (result.kind === 'failed' && result.reason === 'egress_blocked') blocked += 1;
    if (result.kind === 'answered' && result.truncated) cutOff += 1;
  };

  /** On a connection of its own, byte by byte as its manner says. */
  const postRaw = (
    { timeout, spentMs = 0, headers, body, together = null }: OutgoingRequest,
    manner: Manner,
    { target, connector }: { target: Target; connector: ConnectorOptions },
  ): Promise<SendResult> => {
    const steps = script(
      {
        line: `POST ${target.path} HTTP/1.1`,
        headers: [['host', target.host], ['connection', 'close'], ...headers],
        body,
      },
      manner,
    );
    return new Promise((resolve) => {
      const exchange = new Exchange({
        timeout,
        spentMs,
        monotonic,
        startedWallMs: clock.now(),
        newConnection: () => ({ doubtful: connector.tls?.certificate != null }),
        settled(done, result) {
          ended(done, result);
          resolve(result);
        },
      });
      deadlines.add(exchange);
      void exchangeRaw(connectors.open(target, connector), exchange, { steps, together });
    });
  };

  const post = (request: OutgoingRequest, target: Target, openedOnly: boolean): Promise<SendResult> => {
    const { timeout, headers, body, poolKey, spentMs = 0, localAddress = null, tls = null } = request;
    const { method = 'POST', keepBytes } = request;
    const limitMs = timeout.kind === 'split' ? timeout.connectMs : timeout.ms;
    const { origin, path } = target;
    const connector = { openedOnly, limitMs: limitMs + CONNECT_GRACE_MS, localAddress, tls };
    if (request.manner) return postRaw(request, request.manner, { target, connector });
    const key = `${poolKey} ${openedOnly} ${limitMs} ${localAddress} ${origin}${tls ? ` ${tls.id}` : ''}`;
    const entry = pools.take(key, origin, connector);
    return new Promise((resolve) => {
      const settled = (exchange: Exchange, result: SendResult) => {
        pools.giveBack(entry);
        ended(exchange, result);
        resolve(result);
      };
      const exchange = new Exchange({
        timeout,
        spentMs,
        monotonic,
        startedWallMs: clock.now(),
        newConnection,
        settled,
        ...(keepBytes === undefined ? {} : { keepBytes }),
      });
      deadlines.add(exchange);
      entry.pool.dispatch(
        { path, method, headers: flat(headers), body: method === 'POST' ? body : null },
        exchange,
      );
    });
  };

  return {
    send(request) {
      if (closed) return failedAtOnce('aborted');
      const fault = headersFault(request.headers);
      if (fault !== null) return failedAtOnce('invalid_header', `${fault}.`);
      const target = targetOf(request.url);
      if (target === null) return failedAtOnce('egress_blocked', 'The URL is no http or https URL.');
      const openedOnly = !target.secure && request.https !== 'optional';
      if (openedOnly && !opensAnything(rules)) return failedAtOnce('https_required');
      return post(request, target, openedOnly);
    },
    async close() {
      closed = true;
      for (const exchange of deadlines.all()) exchange.end('aborted');
      deadlines.stop();
      connectors.destroy();
      await pools.destroy();
    },
    get stats() {
      return { inFlight: deadlines.size, pools: pools.size, sockets: connectors.count, blocked, cutOff };
    },
  };
}

function parseTarget(url: string): Target | null {
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port, host, origin, pathname, search } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return {
    protocol,
    hostname: name,
    port,
    host,
    origin,
    path: pathname + search,
    secure: protocol === 'https:',
  };
}

function flat(headers: HeaderList): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}
