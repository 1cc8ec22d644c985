import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiException, Svix } from 'svix';
import { afterAll, beforeAll } from 'vitest';
import { apiOf } from './api.js';
import { misfitsOf, operationOf } from './svix-operations.js';
import type { World } from './world.js';

/** One request that the library made, and what it was answered. */
export interface Call {
  /** `endpoint.create`; undefined for what is none of the known operations. */
  operation: string | undefined;
  method: string;
  path: string;
  status: number;
  headers: Headers;
}

/** Voyado's front door on a real port, and the official library in front of it. */
export interface Door {
  /** `http://127.0.0.1:…` */
  url: string;
  /** Every request so far, of every client. */
  calls: Call[];
  /** What did not fit Svix's published document in a successful answer. */
  misfits: string[];
  /** The library, told nothing but where the door is. */
  svix(key: string): Svix;
}

export function useDoor(world: World): Door {
  const door = { calls: [] as Call[], misfits: [] as string[] } as Door;
  let server: Server;
  beforeAll(async () => {
    server = createServer(apiOf(world).app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    door.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    door.svix = (key) =>
      new Svix(key, { serverUrl: `${door.url}/voyado`, fetch: recording(door), retryScheduleInMs: [] });
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return door;
}

function recording(door: Door): typeof fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const method = init?.method ?? 'GET';
    const path = new URL(String(input)).pathname.replace('/voyado', '');
    const operation = operationOf(method, path);
    door.calls.push({ operation, method, path, status: answer.status, headers: answer.headers });
    if (operation !== undefined && answer.ok) {
      const body = await answer.clone().text();
      door.misfits.push(...misfitsOf(operation, { status: answer.status, body }));
    }
    return answer;
  };
}

/** `404 not_found`, or of a 422 the places at fault: what the library throws. */
export async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const { code, detail } = error.body as { code?: string; detail: string | { loc: string[] }[] };
    const what = typeof detail === 'string' ? code : detail.map(({ loc }) => loc.join('.')).join(' ');
    return `${error.code} ${what}`;
  }
  return 'was not refused';
}
