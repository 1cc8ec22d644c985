import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config.js';
import type { Route } from '../../src/http/route.js';
import { routesOf } from '../../src/http/server.js';
import { makeKey } from '../../src/services/keys.js';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

/** An id of the right form under which nothing lies. */
const NOTHING = '019a0000-0000-7000-8000-000000000000';

describe('who may do what', () => {
  const world = useWorld();
  let api: Api;
  let own: { publicId: string; key: string; readKey: string };
  let foreign: { publicId: string; key: string };
  beforeAll(async () => {
    api = apiOf(world);
    const made = await world.tenant();
    const read = await world.app.services.keys.create(made.id, { scope: 'read' });
    own = { ...made, readKey: read.key! };
    foreign = await world.tenant();
  });

  const tenantRoutes = () => routesOf(api.app).filter((route) => route.path.includes('{tenant}'));
  const named = (route: Route) => `${route.method} ${route.path}`;
  const fill = (route: Route, tenant: string) =>
    route.path
      .replace('{tenant}', tenant)
      .replace('{id}', `${route.id}_${NOTHING}`)
      .replace('{provider}', 'noyo')
      .replace('{n}', '1');
  const ask = (asker: Asker, route: Route, tenant: string) => asker[route.method](fill(route, tenant));

  it('every route but the open ones wants a key, and no key opens another tenant', async () => {
    const wrong: string[] = [];
    const expectRefusal = async (asker: Asker, route: Route, tenant: string, want: [number, string]) => {
      const { status, body } = await ask(asker, route, tenant);
      if (status !== want[0] || body.code !== want[1])
        wrong.push(`${named(route)}: ${status} ${body.code}, not ${want}`);
    };
    const revoked = await world.app.services.keys.create(own.publicId.slice(4), {});
    await world.app.services.keys.remove(own.publicId.slice(4), revoked.id.slice(4));
    for (const route of tenantRoutes()) {
      await expectRefusal(api.as(null), route, own.publicId, [401, 'unauthorized']);
      await expectRefusal(api.as('rgr_nonsense'), route, own.publicId, [401, 'unauthorized']);
      await expectRefusal(api.as(revoked.key!), route, own.publicId, [401, 'unauthorized']);
      await expectRefusal(api.as(own.key), route, foreign.publicId, [404, 'not_found']);
      await expectRefusal(api.as(own.key), route, `ten_${NOTHING}`, [404, 'not_found']);
      await expectRefusal(api.operator, route, `ten_${NOTHING}`, [404, 'not_found']);
      if (route.access === 'operator')
        await expectRefusal(api.as(own.key), route, own.publicId, [403, 'operator_only']);
      else if (route.method !== 'get')
        await expectRefusal(api.as(own.readKey), route, own.publicId, [403, 'read_only_key']);
    }
    expect(wrong).toEqual([]);
    expect(tenantRoutes().length).toBeGreaterThan(30);
  });

  it('an id of another tenant is not found under one’s own', async () => {
    const theirs = api.as(foreign.key);
    const subscription = (
      await theirs.post(`/tenants/${foreign.publicId}/subscriptions`, {
        provider: 'noyo',
        url: 'https://c.example/',
      })
    ).body;
    const event = (
      await theirs.post(`/tenants/${foreign.publicId}/events`, {
        provider: 'noyo',
        type: 'difference.created',
      })
    ).body;
    const planned = { provider: 'noyo', type: 'difference.created', cron: '0 0 1 1 *' };
    const schedule = (await theirs.post(`/tenants/${foreign.publicId}/schedules`, planned)).body;
    const life = { provider: 'noyo', name: 'enrolment' };
    const scenario = (await theirs.post(`/tenants/${foreign.publicId}/scenarios`, life)).body;
    const ids: Record<string, string> = {
      sub: subscription.id,
      evt: event.id,
      dlv: event.deliveries[0].id,
      sch: schedule.id,
      scn: scenario.id,
    };
    const keys = (await api.operator.get(`/tenants/${foreign.publicId}/keys`)).body.data;
    const found: string[] = [];
    for (const route of tenantRoutes().filter((r) => r.path.includes('{id}'))) {
      const id = route.id === 'key' ? keys[0].id : ids[route.id!];
      const path = fill(route, own.publicId).replace(`${route.id}_${NOTHING}`, id!);
      const asker = route.access === 'operator' ? api.operator : api.as(own.key);
      const body = route.path.endsWith('/recover') ? { since: '2026-01-01T00:00:00Z' } : undefined;
      const { status } = await asker[route.method](path, body);
      if (status !== 404) found.push(`${named(route)}: ${status}`);
    }
    expect(found).toEqual([]);
    const lists = ['subscriptions', 'events', 'deliveries', 'schedules', 'scenarios'];
    for (const list of lists)
      expect((await api.as(own.key).get(`/tenants/${own.publicId}/${list}`)).body).toEqual({
        data: [],
        nextCursor: null,
      });
    const publish = { provider: 'noyo', type: 'difference.created', subscriptionId: subscription.id };
    expect((await api.as(own.key).post(`/tenants/${own.publicId}/events`, publish)).body.code).toBe(
      'not_found',
    );
  });

  it('the operator reaches every tenant by id and by slug, a key its own', async () => {
    const { body: tenant } = await api.operator.get(`/tenants/${own.publicId}`);
    expect(tenant).toMatchObject({ id: own.publicId, retentionMs: 90 * 86_400_000 });
    expect((await api.operator.get(`/tenants/${tenant.slug}`)).body).toEqual(tenant);
    expect((await api.as(own.key).get(`/tenants/${tenant.slug}/clock`)).status).toBe(200);
    expect((await api.as(own.readKey).get(`/tenants/${tenant.slug}/clock`)).status).toBe(200);
    expect((await api.as(own.key).get('/api/v1/tenants')).body.code).toBe('operator_only');
  });

  it('tenants are made, renamed, listed and removed with all that is in them', async () => {
    const { operator } = api;
    const made = await operator.post('/tenants', { name: 'Acme & Söhne' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      slug: 'acme-sohne',
      name: 'Acme & Söhne',
      key: expect.stringMatching(/^rgr_[0-9a-f]{32}_[\w-]{43}$/),
    });
    expect((await operator.post('/tenants', { name: 'Other', slug: 'acme-sohne' })).body).toMatchObject({
      status: 409,
      code: 'slug_taken',
    });
    expect((await operator.post('/tenants', { name: 'Acme & Söhne' })).body.slug).toMatch(
      /^acme-sohne-\w{6}$/,
    );
    const path = `/tenants/${made.body.id}`;
    const changed = await operator.patch(path, { name: 'Acme', slug: 'acme', retention: '0d' });
    expect(changed.body).toMatchObject({ slug: 'acme', name: 'Acme', retentionMs: 0 });
    expect((await operator.patch(path, { slug: 'acme-sohne' })).status).toBe(200);
    const key = api.as(made.body.key);
    await key.post(`${path}/subscriptions`, { provider: 'noyo', url: 'https://c.example/' });
    await key.post(`${path}/events`, { provider: 'noyo', type: 'difference.created' });
    expect((await operator.delete(path)).status).toBe(204);
    expect((await operator.get(path)).status).toBe(404);
    expect((await key.get(`${path}/clock`)).status).toBe(401);
    const left = await world.app.context.db.pool.query('SELECT 1 FROM event WHERE tenant_id = $1', [
      made.body.id.slice(4),
    ]);
    expect(left.rows).toEqual([]);
  });

  it('keys are shown once, stored hashed, and open nothing once revoked', async () => {
    const path = `/tenants/${own.publicId}/keys`;
    const made = await api.operator.post(path, { name: 'ci' });
    expect(made.body).toMatchObject({ name: 'ci', scope: 'write', key: expect.any(String) });
    const { key, ...shown } = made.body;
    expect((await api.operator.get(path)).body.data[0]).toEqual(shown);
    expect((await api.operator.get(`${path}/${made.body.id}`)).body).toEqual(shown);
    const stored = await world.app.context.db.pool.query(
      "SELECT encode(hash, 'escape') AS hash FROM tenant_key",
    );
    expect(JSON.stringify(stored.rows)).not.toContain(key.slice('rgr_'.length + 33));
    expect((await api.as(key).get(`/tenants/${own.publicId}/clock`)).status).toBe(200);
    const wrong = `${key.slice(0, -4)}AAAA`;
    expect((await api.as(wrong).get(`/tenants/${own.publicId}/clock`)).status).toBe(401);
    expect((await api.operator.delete(`${path}/${made.body.id}`)).status).toBe(204);
    expect((await api.as(key).get(`/tenants/${own.publicId}/clock`)).status).toBe(401);
  });

  it('metrics are the operator’s where others than this machine can ask', async () => {
    const open = apiOf(world);
    expect((await open.as(null).get('/metrics')).text).toContain('ringer_http_request_seconds');
    const public_ = apiOf(world, { loopback: false });
    expect((await public_.as(null).get('/metrics')).status).toBe(401);
    expect((await public_.as(own.key).get('/metrics')).body.code).toBe('operator_only');
    expect((await public_.operator.get('/metrics')).status).toBe(200);
  });

  it('the default tenant is made once, however often it is asked for, and keeps every key it was given', async () => {
    const { services, context } = world.app;
    const keys = [makeKey(context.ids, context.random).text, makeKey(context.ids, context.random).text];
    const made = await Promise.all([...keys, ...keys].map((key) => services.ensureDefaultTenant(key)));
    expect(new Set(made).size).toBe(1);
    for (const key of keys) expect((await api.as(key).get('/tenants/default/clock')).status).toBe(200);
    await expect(services.ensureDefaultTenant('damaged')).rejects.toThrow(ConfigError);
  });
});
