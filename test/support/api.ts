import supertest from 'supertest';
import { expect } from 'vitest';
import type { Route } from '../../src/http/route.js';
import { createHttpApp, type HttpOptions, routesOf } from '../../src/http/server.js';
import { silentLog } from '../../src/lib/log.js';
import { ADMIN_TOKEN, type World } from './world.js';

/** The HTTP face of a world, on no port, asked as somebody. */
export interface Api {
  app: ReturnType<typeof createHttpApp>;
  operator: Asker;
  /** With this key, or with none. */
  as(key: string | null): Asker;
}

export type Asker = {
  [Method in 'get' | 'post' | 'put' | 'patch' | 'delete']: (path: string, body?: unknown) => supertest.Test;
};

export function apiOf(world: World, options: Partial<HttpOptions> = {}): Api {
  const { services, context, version } = world.app;
  const app = createHttpApp(services, {
    adminToken: ADMIN_TOKEN,
    version,
    log: silentLog,
    wall: context.wall,
    loopback: true,
    ...options,
  });
  const as = (key: string | null): Asker => {
    const ask = (method: keyof Asker) => (path: string, body?: unknown) => {
      const full = path.startsWith('/api') || !path.startsWith('/tenants') ? path : `/api/v1${path}`;
      const test = supertest(app)[method](full);
      if (key !== null) test.set('Authorization', `Bearer ${key}`);
      test.expect((answer) => expectDocumented(routesOf(app), { method, path: full, answer }));
      return body === undefined ? test : test.send(body as object);
    };
    return {
      get: ask('get'),
      post: ask('post'),
      put: ask('put'),
      patch: ask('patch'),
      delete: ask('delete'),
    };
  };
  return { app, operator: as(ADMIN_TOKEN), as };
}

/** Every answer is one that its route declares: the status, the schema, and nothing beside it. */
function expectDocumented(
  routes: readonly Route[],
  { method, path, answer }: { method: string; path: string; answer: supertest.Response },
): void {
  if (answer.status >= 400 && answer.body.code !== undefined) {
    expect(answer.text, 'a refusal is said to a person').not.toMatch(
      /Invalid input|, received |Too (small|big)/,
    );
    return;
  }
  const asked = path.split('?')[0]!.split('/');
  const route = routes.find(
    (r) =>
      r.method === method &&
      r.path.split('/').length === asked.length &&
      r.path.split('/').every((part, i) => part.startsWith('{') || part === asked[i]),
  );
  expect(route, `${method} ${path} is declared`).toBeDefined();
  const declared = route!.answers[answer.status];
  expect(declared, `${method} ${path} declares ${answer.status}`).toBeDefined();
  if (!declared?.schema || !answer.type.includes('application/json')) return;
  const parsed = declared.schema.safeParse(answer.body);
  expect(parsed.error?.issues ?? [], `${method} ${path} fits its schema`).toEqual([]);
  expect(parsed.data, `${method} ${path} answers what it declares`).toEqual(answer.body);
}
