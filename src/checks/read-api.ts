import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../errors.js';
import type { WallClock } from '../lib/clock.js';
import { systemRandom } from '../lib/random.js';
import { DoorRefusal, type DoorReply, type DoorRoute } from '../providers/front-door.js';
import { subject, subjectOf } from '../providers/life.js';
import type { Port } from '../providers/port.js';
import type { CheckEvent, EventShape } from './event.js';

/** What the provider shows of the events that happened in a run, told or lost, for the consumer to ask. */
export interface ReadApi {
  /** Base of the provider's API, its mount included. */
  url: string;
  /** It happened: whoever asks is told. */
  happened(event: CheckEvent): void;
  /** Requests so far. */
  asked(): number;
  close(): Promise<void>;
}

export interface ReadApiOptions {
  /** 0: any free one. */
  port: number;
  clock: Pick<WallClock, 'now'>;
}

interface Wanted {
  method?: string | undefined;
  url: string;
  header(name: string): string | undefined;
}

/**
 * Serves the routes of the provider's door that show things, on this machine alone; any key will do.
 * Null where the provider has none.
 * @throws AppError where the port cannot be listened on.
 */
export async function openReadApi(
  shape: EventShape,
  { port, clock }: ReadApiOptions,
): Promise<ReadApi | null> {
  const { profile, environment, settings } = shape;
  const { door } = profile;
  const routes = door?.routes.filter(({ shows }) => shows !== undefined) ?? [];
  if (!door || routes.length === 0) return null;
  const events = new Map<string, Set<CheckEvent>>();
  let requests = 0;

  const told: Port['told'] = async ({ kind, id, environment: asked = environment }) =>
    [...(asked === environment ? (events.get(subject(kind, id) ?? '') ?? []) : [])]
      .sort((a, b) => a.publishedMs - b.publishedMs)
      .map(({ type, variant, json, publishedMs }) => ({
        ...{ type, variant, body: json, details: null },
        createdAtMs: publishedMs,
      }));
  // Routes that show things ask nothing else of their port.
  const view = { now: async () => clock.now(), settings: async () => settings, told } as Port;
  const mounts = door.mounts.value;

  const handle = async ({ method, url: path, header }: Wanted): Promise<DoorReply> => {
    if (method !== 'GET') throw new DoorRefusal(405, 'invalid_request', 'This API is for reading: GET.');
    const url = new URL(path, 'http://127.0.0.1');
    for (const mount of mounts)
      for (const route of routes) {
        const params = paramsOf(mount.path + route.path, url.pathname);
        if (params === null) continue;
        return route.handle({
          ...{ port: view, environment: mount.environment, params, header, key: '', application: null },
          ...{ query: Object.fromEntries(url.searchParams), body: undefined, text: '' },
          baseUrl: url.origin + mount.path,
          random: systemRandom(),
        });
      }
    throw new DoorRefusal(
      404,
      'not_found',
      'There is no such route: only those that show one thing are here.',
    );
  };
  const replyTo = (wanted: Wanted): Promise<DoorReply> =>
    handle(wanted).catch((error: unknown) => {
      if (!(error instanceof DoorRefusal)) throw error;
      const { status, code, message: detail, issues } = error;
      return door.refuse({ kind: 'refused', status, code, detail, issues });
    });

  const server = createServer(
    { requestTimeout: 30_000 },
    ({ method, url = '/', headers: given }, response) => {
      requests += 1;
      const wanted = { method, url, header: (name: string) => given[name.toLowerCase()]?.toString() };
      replyTo(wanted).then(
        ({ status, body, headers }) =>
          response
            .writeHead(status, { 'content-type': 'application/json', ...headers })
            .end(body === undefined ? '' : JSON.stringify(body)),
        () => response.destroy(),
      );
    },
  );
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    throw refused(`port ${port} cannot be listened on (${code}); take another one, or 0 for any free one`);
  });
  const mount = mounts.find((one) => one.environment === environment) ?? mounts[0];
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount.path}`,
    happened(event) {
      const about = subjectOf(profile, { type: event.type, body: event.json });
      if (about !== null) events.set(about, (events.get(about) ?? new Set()).add(event));
    },
    asked: () => requests,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function refused(why: string): AppError {
  return new AppError('invalid_request', `readApi: ${why}.`, [{ path: 'readApi', message: why }]);
}

/** @param pattern with `{names}`. @returns null where the path is another one. */
function paramsOf(pattern: DoorRoute['path'], path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith('{')) params[part.slice(1, -1)] = decoded(given[i]!);
    else if (part !== given[i]) return null;
  }
  return params;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
