import supertest from 'supertest';
import { createHttpApp, type HttpOptions } from '../../src/http/server.js';
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
