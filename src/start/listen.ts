import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config.js';
import { SERVER_LIMITS } from '../lib/server-limits.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';

/** An open port that answers 503 until it is given somebody to ask. */
export interface Port {
  /** `http://127.0.0.1:4700` */
  url: string;
  number: number;
  host: string;
  serve(listener: RequestListener): void;
  /** Takes nothing new, and gives what is under way up to `graceMs` of real time to end. */
  close(graceMs: number): Promise<void>;
}

/** How long a client may take, real milliseconds. */
export type ServerLimits = { readonly [Limit in keyof typeof SERVER_LIMITS]: number };

/**
 * Taken before anything else is done, so that a second start in the same folder fails at once and changes nothing.
 * @param port 0 = any free one. @throws ConfigError when the port or the address cannot be had.
 */
export async function openPort(
  host: string,
  port: number,
  limits: ServerLimits = SERVER_LIMITS,
): Promise<Port> {
  let listener: RequestListener = (_, response) => notReady(response);
  const server = createServer(limits, (request, response) => listener(request, response));
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new ConfigError(whyNot(error, host, port));
  });
  const { port: number } = server.address() as AddressInfo;
  return {
    url: `http://${shownHost(host)}:${number}`,
    number,
    host,
    serve(next) {
      listener = next;
    },
    close: (graceMs) => closeServer(server, graceMs),
  };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

function notReady(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end('{"ready":false}');
}

/** What a client on this machine can use. */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function whyNot(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is taken. Stop what listens there, or set RINGER_PORT to another one (0: any free one).`;
  if (code === 'EACCES')
    return `Port ${port} may not be opened by this user. Set RINGER_PORT to one above 1023.`;
  return `RINGER_HOST ${host} cannot be listened on (${String(code)}). Use an address of this machine, such as 127.0.0.1.`;
}
