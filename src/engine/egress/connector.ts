import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { buildConnector } from 'undici';
import { wallClock } from '../../lib/clock.js';
import { setTimeout as startTimer, clearTimeout as stopTimer } from '../../lib/timers.js';
import type { LaneTls } from '../access/lane-access.js';
import type { NewConnection } from './exchange.js';
import { ConnectFailure, codeOf, failureOf, say, tlsFailureOf } from './failures.js';
import type { Resolve } from './resolver.js';
import { type EgressRules, mayReach, reach } from './rules.js';
import { createSecureContexts } from './secure-contexts.js';

/** Opens a TCP connection to an address that was judged. Replaced in tests that must not leave the machine. */
export type Dial = (ip: string, port: number, localAddress: string | null) => Socket;

export interface Connectors {
  /** A connector for one pool. */
  create(options: ConnectorOptions): buildConnector.connector;
  /** A connection that nobody shares, for whoever writes to it himself. @throws ConnectFailure */
  open(
    target: Pick<buildConnector.Options, 'protocol' | 'hostname' | 'port'>,
    options: ConnectorOptions,
  ): Promise<Socket>;
  /** Ends every connection, made or being made. */
  destroy(): void;
  /** Sockets open now, connecting ones included. */
  readonly count: number;
  /** Set only while undici is handed a new connection: it writes the waiting request inside of that call. */
  readonly handingOver: NewConnection | null;
}

export interface ConnectorOptions {
  /** Plain http to a provider that insists on https: only addresses opened on purpose will do. */
  openedOnly: boolean;
  /** For DNS, TCP and TLS together, milliseconds; the deadline of the waiting request comes first. */
  limitMs: number;
  /** The address to connect from; null leaves it to the system. */
  localAddress: string | null;
  /** What a TLS connection shows and trusts beyond the usual. */
  tls: LaneTls | null;
}

export const dialTcp: Dial = (ip, port, localAddress) =>
  tcpConnect({
    host: ip,
    port,
    autoSelectFamily: false,
    noDelay: true,
    ...(localAddress === null ? {} : { localAddress }),
  });

/**
 * Every connection is made here: resolve once, refuse when any answer may not be reached, connect to the very address
 * that was judged, and look once more at the far end before the first byte. undici's own `lookup` option would not do:
 * Node never calls it for an IP literal.
 */
export function createConnectors(rules: EgressRules, resolve: Resolve, dial: Dial): Connectors {
  const sockets = new Set<Socket>();
  const contexts = createSecureContexts(rules.ca ?? null);
  let handingOver: NewConnection | null = null;

  const judge = async (host: string, port: number, openedOnly: boolean): Promise<readonly string[]> => {
    const addresses = await resolve(host).catch((error: unknown) => {
      // Whatever its address would have been: only one that egress opens on purpose is sent to without TLS.
      if (openedOnly) throw new ConnectFailure('https_required', say('https_required'));
      throw new ConnectFailure('dns_error', say('dns_error', codeOf(error)));
    });
    if (addresses.length === 0)
      throw openedOnly
        ? new ConnectFailure('https_required', say('https_required'))
        : new ConnectFailure('dns_error', say('dns_error'));
    if (!addresses.every((ip) => mayReach(ip, port, rules))) {
      throw new ConnectFailure('egress_blocked', say('egress_blocked'));
    }
    if (openedOnly && !addresses.every((ip) => reach(ip, port, rules) === 'opened')) {
      throw new ConnectFailure('https_required', say('https_required'));
    }
    return addresses;
  };

  const dialFirst = async (
    addresses: readonly string[],
    { port, untilMs, localAddress }: { port: number; untilMs: number; localAddress: string | null },
  ): Promise<Socket> => {
    let failure = new ConnectFailure('connect_timeout', say('connect_timeout'));
    for (const [i, ip] of addresses.entries()) {
      // A silent address must not eat the time of those behind it.
      const shareMs = (untilMs - wallClock.monotonic()) / (addresses.length - i);
      if (shareMs <= 0) break;
      const socket = dial(ip, port, localAddress);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const error = await ready(socket, 'connect', shareMs);
      if (error === null) return socket;
      failure = tcpFailure(error);
    }
    throw failure;
  };

  const connect: Connectors['open'] = async (target, options) => {
    const untilMs = wallClock.monotonic() + options.limitMs;
    const secure = target.protocol === 'https:';
    const port = Number(target.port) || (secure ? 443 : 80);
    const context = secure ? contextOf(options.tls) : null;
    const addresses = await judge(target.hostname, port, options.openedOnly);
    const { localAddress } = options;
    const socket = await dialFirst(addresses, { port, untilMs, localAddress });
    const far = socket.remoteAddress;
    if (far === undefined || !mayReach(far, socket.remotePort ?? port, rules)) {
      socket.destroy();
      throw far === undefined
        ? new ConnectFailure('reset', say('reset'))
        : new ConnectFailure('egress_blocked', say('egress_blocked'));
    }
    if (context === null) return socket;
    const encrypted = startTls(socket, target.hostname, context);
    if (options.tls?.certificate) doubt(encrypted);
    const error = await ready(encrypted, 'secureConnect', untilMs - wallClock.monotonic());
    if (error === null) return encrypted;
    socket.destroy();
    throw error instanceof ConnectFailure ? error : wrap(tlsFailureOf(error));
  };

  const contextOf = (tls: LaneTls | null): SecureContext => {
    try {
      return contexts.of(tls);
    } catch (error) {
      throw wrap(tlsFailureOf(error));
    }
  };

  return {
    create: (options) => (target, callback) => {
      connect(target, options).then(
        (socket) => {
          handingOver = connections.get(socket) ?? PLAIN;
          try {
            callback(null, socket);
          } finally {
            handingOver = null;
          }
        },
        (error: Error) => callback(error, null),
      );
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
    open: connect,
    get count() {
      return sockets.size;
    },
    get handingOver() {
      return handingOver;
    },
  };
}

function startTls(socket: Socket, host: string, secureContext: SecureContext): TLSSocket {
  return tlsConnect({
    socket,
    host,
    // The name of an address never goes into SNI (RFC 6066); the certificate is checked against `host` all the same.
    ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    // Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default.
    rejectUnauthorized: true,
  });
}

const PLAIN: NewConnection = { doubtful: false };
const connections = new WeakMap<Socket, NewConnection>();

/**
 * A TLS 1.3 server looks at the client certificate when its client is already done. One that took it usually says so with a
 * session ticket; until then a connection that just ends was turned down.
 */
function doubt(socket: TLSSocket): void {
  const connection = { doubtful: true };
  connections.set(socket, connection);
  socket.once('session', () => {
    connection.doubtful = false;
  });
}

/** Null once the event came, else why it did not; the socket is gone then. */
function ready(socket: Socket, event: 'connect' | 'secureConnect', limitMs: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const settle = (error: Error | null) => {
      stopTimer(timer);
      socket.off(event, arrived).off('close', closed);
      if (error) socket.destroy();
      resolve(error);
    };
    const arrived = () => settle(null);
    const closed = () => settle(new ConnectFailure('reset', say('reset')));
    const timer = startTimer(
      () => settle(new ConnectFailure('connect_timeout', say('connect_timeout'))),
      Math.max(1, limitMs),
    );
    // The error listener stays: a socket without one takes the process down.
    socket.once(event, arrived).once('close', closed).on('error', settle);
  });
}

function tcpFailure(error: Error): ConnectFailure {
  if (error instanceof ConnectFailure) return error;
  const code = codeOf(error);
  return code === 'ETIMEDOUT'
    ? new ConnectFailure('connect_timeout', say('connect_timeout', code))
    : wrap(failureOf(error));
}

function wrap({ reason, detail }: ReturnType<typeof failureOf>): ConnectFailure {
  return new ConnectFailure(reason, detail);
}
