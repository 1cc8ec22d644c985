import { describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

describe('what a publish reads of its tenant', () => {
  const world = useWorld();

  it('is each event’s own where a batch is of many providers, environments and applications', async () => {
    const tenant = await world.tenant();
    const other = await world.tenant();
    const api = apiOf(world).as(tenant.key);
    const url = 'http://127.0.0.1:9/';
    const made = async (input: object): Promise<string> =>
      (await api.post(`/tenants/${tenant.publicId}/subscriptions`, { url, ...input })).body.id;
    const noyo = await made({ provider: 'noyo' });
    await apiOf(world)
      .as(other.key)
      .post(`/tenants/${other.publicId}/subscriptions`, { url, provider: 'noyo' });
    const development = await made({ provider: 'novamed', environment: 'development' });
    const production = await made({
      provider: 'novamed',
      environment: 'production',
      url: 'https://93.184.216.34/',
    });
    const healthsync = await made({ provider: 'healthsync' });
    const second = await made({ provider: 'healthsync' });
    const { body, status } = await api.post(`/tenants/${tenant.publicId}/events/batch`, {
      events: [
        { provider: 'novamed', type: 'order:created', environment: 'production' },
        { provider: 'noyo', type: 'difference.created' },
        { provider: 'healthsync', type: 'document.uploaded', subscriptionId: second },
        { provider: 'novamed', type: 'order:created', environment: 'development' },
        { provider: 'healthsync', type: 'document.uploaded' },
        { provider: 'noyo', type: 'test.hello_world' },
      ],
    });
    expect(status, JSON.stringify(body)).toBe(202);
    const targets = await Promise.all(
      body.events.map(async ({ id }: { id: string }) => {
        const event = await api.get(`/tenants/${tenant.publicId}/events/${id}`);
        return event.body.deliveries.map((d: { subscriptionId: string }) => d.subscriptionId);
      }),
    );
    expect(targets).toEqual([
      [production],
      [noyo],
      [second],
      [development],
      [healthsync, second],
      expect.any(Array),
    ]);
  });

  it('is not found for a tenant that is gone, by whatever name it was known', async () => {
    const tenant = await world.tenant();
    const { tenants, publish } = world.app.services;
    const { slug } = await tenants.read(tenant.id);
    for (const ref of [slug, tenant.publicId]) expect((await tenants.resolve(ref))?.id).toBe(tenant.id);
    const renamed = `${slug}-renamed`;
    await tenants.update(tenant.id, { slug: renamed });
    expect(await tenants.resolve(slug)).toBeNull();
    expect((await tenants.resolve(renamed))?.id).toBe(tenant.id);
    await tenants.remove(tenant.id);
    for (const ref of [slug, renamed, tenant.publicId]) expect(await tenants.resolve(ref)).toBeNull();
    await expect(
      publish.publish(tenant.id, { provider: 'noyo', type: 'difference.created' } as never),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is not found where another process removed the tenant, and nothing else takes it to be there', async () => {
    const { operator } = apiOf(world);
    const tenant = await world.tenant();
    const path = `/tenants/${tenant.publicId}`;
    const event = { provider: 'noyo', type: 'difference.created' };
    const ask = async (method: 'get' | 'post', of: string, body?: object) =>
      (await operator[method](`${path}${of}`, body)).status;
    expect(await ask('post', '/events', event)).toBe(202);
    await world.app.context.db.pool.query('DELETE FROM tenant WHERE id = $1', [tenant.id]);
    expect(await ask('post', '/events', event)).toBe(404);
    expect(await ask('post', '/events', { ...event, eventId: 'evt_1' })).toBe(404);
    expect(await ask('post', '/events', { ...event, faults: [{ type: 'duplicate' }] })).toBe(404);
    expect(await ask('post', '/events/batch', { events: [event] })).toBe(404);
    expect(await ask('post', '/keys', { name: 'late' })).toBe(404);
    expect(await ask('post', '/subscriptions', { provider: 'noyo', url: 'http://127.0.0.1:9/' })).toBe(404);
    expect(await ask('get', '/deliveries')).toBe(404);
  });

  it('is of whoever has the slug now, whatever process gave it away', async () => {
    const { operator } = apiOf(world);
    const tenant = await world.tenant();
    const slug = `moved-${tenant.id.slice(-12)}`;
    await world.app.services.tenants.update(tenant.id, { slug });
    const event = { provider: 'noyo', type: 'difference.created' };
    expect((await operator.post(`/tenants/${slug}/events`, event)).status).toBe(202);
    const { pool } = world.app.context.db;
    await pool.query('UPDATE tenant SET slug = $2 WHERE id = $1', [tenant.id, `${slug}-old`]);
    const next = await world.tenant();
    await pool.query('UPDATE tenant SET slug = $2 WHERE id = $1', [next.id, slug]);
    const { id } = (await operator.post(`/tenants/${slug}/events`, event)).body;
    expect((await operator.get(`/tenants/${next.publicId}/events/${id}`)).status).toBe(200);
  });
});
