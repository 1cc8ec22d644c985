import type { IncomingMessage } from 'node:http';
import type { Connection } from './connection.js';
import { EXIT, exitForStatus, Failure, UsageError } from './failure.js';
import type { Shell } from './shell.js';
import { ask, bytesOf } from './transport.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** What of the tenant's stream is told. */
export interface StreamMessage {
  type: string;
  data: Record<string, unknown>;
}

/** The public API as the command line uses it. Paths are below `/api/v1`; `~` is the tenant. */
export interface Api {
  connection: Connection;
  get<T>(path: string, query?: Query): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** The answer's bytes, as they come. */
  stream(path: string, query?: Query): Promise<IncomingMessage>;
  /** Resolves once the stream is open; tells what comes until the signal. */
  follow(tell: (message: StreamMessage) => void, signal: AbortSignal): Promise<{ ended: Promise<void> }>;
}

export function createApi(connection: Connection, shell: Shell): Api {
  const call = async (
    method: string,
    path: string,
    more: { query?: Query; body?: unknown; signal?: AbortSignal } = {},
  ) => {
    const response = await ask({
      method,
      url: urlOf(connection, path, more.query),
      headers: { authorization: `Bearer ${connection.key}`, 'content-type': 'application/json' },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
      ...(more.signal ? { signal: more.signal } : {}),
    });
    const notices = response.headers['ringer-notice'];
    if (notices) shell.say(`note: ${notices}`);
    if ((response.statusCode ?? 0) >= 400) throw await refusalOf(response);
    return response;
  };
  const json = async <T>(response: IncomingMessage): Promise<T> => {
    const text = (await bytesOf(response)).toString('utf8');
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    connection,
    get: async <T>(path: string, query?: Query) =>
      json<T>(await call('GET', path, { ...(query ? { query } : {}) })),
    send: async <T>(method: string, path: string, body?: unknown) =>
      json<T>(await call(method, path, { body })),
    stream: (path, query) => call('GET', path, { ...(query ? { query } : {}) }),
    async follow(tell, signal) {
      const response = await call('GET', '~/stream', { signal });
      return { ended: readStream(response, tell).catch((error) => swallowAbort(error, signal)) };
    },
  };
}

/** Server-sent events, as far as a server of ours writes them. */
async function readStream(response: IncomingMessage, tell: (message: StreamMessage) => void): Promise<void> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
      const [type, data] = [field('event'), field('data')];
      if (type && data) tell({ type, data: JSON.parse(data) as StreamMessage['data'] });
    }
  }
}

function swallowAbort(error: unknown, signal: AbortSignal): void {
  if (signal.aborted) return;
  throw new Failure(`The stream broke off: ${(error as Error).message}.`);
}

function urlOf({ url, tenant }: Connection, path: string, query: Query = {}): string {
  const full = new URL(
    `${url}/api/v1/${path.replace(/^~/, `tenants/${encodeURIComponent(tenant)}`).replace(/^\//, '')}`,
  );
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) full.searchParams.set(name, String(value));
  }
  return full.href;
}

/** The problem's own sentence. */
async function refusalOf(response: IncomingMessage): Promise<Error> {
  const status = response.statusCode ?? 0;
  const text = (await bytesOf(response)).toString('utf8');
  let detail = `The server answered ${status}.`;
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string; requestId?: string };
    detail = problem.detail ?? problem.title ?? detail;
    if (status >= 500 && problem.requestId) detail += ` Request id: ${problem.requestId}`;
  } catch {
    // A proxy or another program; its page is of no use here.
  }
  return exitForStatus(status) === EXIT.usage ? new UsageError(detail) : new Failure(detail);
}
