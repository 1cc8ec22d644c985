import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { expressPath } from '../../src/http/express-path.js';
import { routesOf } from '../../src/http/server.js';
import { apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

const FOLDER = new URL('../fixtures/providers/sixthsense/', import.meta.url);

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

describe('front doors', () => {
  const world = useWorld({ providerFolders: [FOLDER] });
  const doors = () =>
    world.app.context.registry
      .list()
      .flatMap((profile) => (profile.door ? [{ profile, door: profile.door }] : []));

  it('are what is declared, mounted and documented: the same, for every provider', async () => {
    const api = apiOf(world);
    const declared = doors().flatMap(({ door }) =>
      door.mounts.value.flatMap((mount) =>
        door.routes.map((route) => `${route.method} ${expressPath(mount.path + route.path)}`),
      ),
    );
    expect(declared.length).toBeGreaterThan(0);
    const stack = (api.app as unknown as { router: { stack: Layer[] } }).router.stack;
    const mounted = stack.flatMap(({ route }) =>
      route && !route.methods._all && !route.path.startsWith('/api/')
        ? Object.keys(route.methods).map((method) => `${method} ${route.path}`)
        : [],
    );
    const process = ['get /healthz', 'get /readyz', 'get /metrics', 'get /openapi.json'];
    expect(mounted.filter((line) => !process.includes(line)).sort()).toEqual(declared.sort());
    const { paths } = (await api.as(null).get('/openapi.json')).body as { paths: Record<string, object> };
    const documented = Object.entries(paths)
      .flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method} ${expressPath(path)}`),
      )
      .filter((line) => declared.includes(line));
    expect(documented.sort()).toEqual(declared);
    expect(routesOf(api.app).filter(({ access }) => access === 'door').length).toBeGreaterThan(0);
  });

  it('stand under the name of their provider, each with a claim', () => {
    for (const { profile, door } of doors()) {
      for (const { path, environment } of door.mounts.value) {
        expect(path.startsWith(`/${profile.id}`), path).toBe(true);
        expect(profile.environments.value.offered, path).toContain(environment);
      }
      for (const { claim, summary } of door.routes) {
        expect(['documented', 'external', 'assumed']).toContain(claim.claim);
        expect(summary.length).toBeGreaterThan(5);
      }
    }
  });

  it('refuse a missing key, an unknown path and an unoffered method in their own shape', async () => {
    const { app } = apiOf(world);
    for (const { door } of doors()) {
      for (const { path } of door.mounts.value) {
        const closed = door.routes.find(({ open }) => !open)!;
        const nowhere = path + closed.path.replace(/\{\w+\}/g, 'nobody');
        const noKey = await supertest(app)[closed.method](nowhere);
        expect(noKey.status, nowhere).toBe(401);
        expect(door.refusal.safeParse(noKey.body).error, nowhere).toBeUndefined();
        const unknown = await supertest(app).get(`${path}/no/such/path`);
        expect(unknown.status).toBe(404);
        expect(door.refusal.safeParse(unknown.body).error).toBeUndefined();
        const trace = await supertest(app).trace(nowhere);
        expect(trace.status).toBe(405);
        expect(trace.headers.allow).toContain(closed.method.toUpperCase());
      }
    }
  });
});

describe('the door of a provider that nothing else knows of', () => {
  const world = useWorld({ providerFolders: [FOLDER] });

  it('takes a subscription through its onboarding, in its own environment, with its own key and refusals', async () => {
    const { app } = apiOf(world);
    const tenant = await world.tenant();
    const consumer = await world.consumer(200);
    const ask = (method: 'get' | 'put' | 'patch', path: string, body?: object) =>
      supertest(app)[method](path).set('x-third-eye', tenant.key).send(body);
    const made = await ask('put', '/sixthsense/mediums', { hears: consumer.url });
    expect(made.status).toBe(202);
    expect(made.body).toEqual({ name: expect.any(String), hears: consumer.url, awake: false });
    const { name } = made.body as { name: string };
    const misfit = await ask('put', '/sixthsense/mediums', { hears: 5 });
    expect(misfit.status).toBe(418);
    expect(misfit.body).toEqual({ vision: 'clouded', because: expect.stringContaining('hears') });
    const elsewhere = await ask('patch', `/sixthsense-earth/mediums/${name}`);
    expect([elsewhere.status, elsewhere.body]).toEqual([
      404,
      { vision: 'clouded', because: 'nobody of this name' },
    ]);
    const { services } = world.app;
    await services.clock.put(tenant.id, { mode: 'manual', now: Date.parse('2026-03-01T00:00:00Z') });
    const publish = () =>
      services.publish.publish(tenant.id, { provider: 'sixthsense', type: 'vision.felt' });
    const held = await publish();
    expect(held.deliveries[0]!.status).toBe('held');
    expect((await ask('patch', `/sixthsense/mediums/${name}`)).body.awake).toBe(true);
    expect((await ask('get', '/sixthsense/mediums?awake=yes')).body).toHaveLength(1);
    expect((await ask('get', '/sixthsense/mediums?awake=no')).body).toEqual([]);
    expect((await ask('get', '/sixthsense-earth/mediums')).body).toEqual([]);
    expect((await services.clock.advance(tenant.id, { untilIdle: true })).body).toMatchObject({
      delivered: 1,
    });
    expect(consumer.received).toHaveLength(1);
    expect((await supertest(app).get('/sixthsense/weather')).status).toBe(204);
    const other = await world.tenant();
    const foreign = await supertest(app).patch(`/sixthsense/mediums/${name}`).set('x-third-eye', other.key);
    expect(foreign.status).toBe(404);
  });
});
