import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type supertest from 'supertest';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Route } from '../../src/http/route.js';
import { routesOf } from '../../src/http/server.js';
import { apiOf } from './api.js';
import type { World } from './world.js';

/** A front door's answer, as a client sees it. */
export interface DoorReply {
  status: number;
  headers: Headers;
  /** Whatever the provider answers with. */
  body: supertest.Response['body'];
}

/** Asks one path with one key; a string is sent as it is, anything else as JSON. */
export type AskDoor = (method: string, path: string, body?: unknown) => Promise<DoorReply>;

export interface DoorServer {
  /** `http://127.0.0.1:…` */
  url: string;
  /** A client that sends these headers. */
  as(headers: Record<string, string>): AskDoor;
}

/** The world's HTTP face on a real port, for as long as the file's tests run. Every answer must be one that is declared. */
export function useDoorServer(world: World): DoorServer {
  const door = {} as DoorServer;
  let server: Server;
  beforeAll(async () => {
    const { app } = apiOf(world);
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    door.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    door.as = (headers) => async (method, path, body) => {
      const answer = await fetch(door.url + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const reply = {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      expectDeclared(routesOf(app), `${method.toLowerCase()} ${path.split('?')[0]}`, reply);
      return reply;
    };
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
  });
  return door;
}

function expectDeclared(routes: readonly Route[], asked: string, { status, body }: DoorReply): void {
  const route = routes.find(({ method, path }) =>
    new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(asked),
  );
  if (!route) return;
  const schema = status >= 400 ? route.refusal : route.answers[status]?.schema;
  if (status < 400) expect(route.answers, `${asked} declares ${status}`).toHaveProperty(String(status));
  if (!schema) {
    expect(body, `${asked} ${status} has no content`).toBeUndefined();
    return;
  }
  expect(schema.safeParse(body).error?.issues ?? [], `${asked} ${status} fits its schema`).toEqual([]);
}
