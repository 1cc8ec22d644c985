import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

interface Shown {
  id: string;
  policies: Record<string, { claim: string; source: string | null; value: unknown }>;
  events: { type: string; shapes: { schema: { type?: string }; example: unknown }[] }[];
}

describe('the catalogue over HTTP', () => {
  const world = useWorld();
  let api: Api;
  let ask: Asker;
  beforeAll(async () => {
    api = apiOf(world);
    ask = api.as((await world.tenant()).key);
  });

  it('shows every provider with its events, policies and where each fact comes from', async () => {
    const { data, nextCursor } = (await ask.get('/api/v1/providers')).body as {
      data: Shown[];
      nextCursor: null;
    };
    expect(data.map(({ id }) => id)).toEqual(world.app.context.registry.list().map(({ id }) => id));
    expect(nextCursor).toBeNull();
    for (const profile of data) {
      for (const { claim, value } of Object.values(profile.policies)) {
        expect(claim).toMatch(/^(documented|external|assumed)$/);
        expect(value).toBeDefined();
      }
      for (const { shapes } of profile.events)
        for (const { schema, example } of shapes) {
          expect(Object.keys(schema).length).toBeGreaterThan(1);
          expect(example).toBeInstanceOf(Object);
        }
    }
  });

  it('shows one, the same at every call', async () => {
    const one = await ask.get('/api/v1/providers/noyo');
    expect(one.body).toMatchObject({
      id: 'noyo',
      policies: { timeout: { value: { kind: 'total', ms: 15_000 } } },
    });
    expect(one.body.retryDelaysMs).toHaveLength(15);
    expect((await ask.get('/api/v1/providers/noyo')).body).toEqual(one.body);
    expect((await ask.get('/api/v1/providers/nojo')).body).toMatchObject({
      status: 400,
      code: 'unknown_provider',
    });
  });

  it('draws other examples by a seed, each of them valid, and the same for the same seed', async () => {
    const plain: Shown = (await ask.get('/api/v1/providers/noyo')).body;
    const drawn: Shown = (await ask.get('/api/v1/providers/noyo?seed=7')).body;
    expect((await ask.get('/api/v1/providers/noyo?seed=7')).body).toEqual(drawn);
    const known = world.app.context.registry.get('noyo');
    for (const [i, { type, shapes }] of drawn.events.entries()) {
      expect(shapes[0]!.example).not.toEqual(plain.events[i]!.shapes[0]!.example);
      const schema = known.events
        .find((event) => event.type === type)!
        .schema({ variant: null, settings: {} });
      expect(schema.safeParse(shapes[0]!.example).success, type).toBe(true);
    }
  });

  it('comes in pages', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await ask.get(`/api/v1/providers?limit=2${cursor}`);
      seen.push(...body.data.map(({ id }: Shown) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(world.app.context.registry.list().map(({ id }) => id));
    expect((await ask.get('/api/v1/providers?cursor=nope')).body.code).toBe('invalid_cursor');
  });

  it('wants a key', async () => {
    expect((await api.as(null).get('/api/v1/providers')).status).toBe(401);
  });
});

describe('a tenant’s receiver over HTTP', () => {
  const world = useWorld();

  it('gets what is sent to it, verifies it, and answers what it is told to', async () => {
    const api = apiOf(world);
    const { publicId, key } = await world.tenant();
    const ask = api.as(key);
    const at = `/tenants/${publicId}`;
    const { body } = await ask.get(`${at}/receiver`);
    expect(body).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
      status: 200,
      delayMs: 0,
      requests: [],
    });
    await ask.put(`${at}/clock`, { mode: 'manual' });
    await ask.post(`${at}/subscriptions`, { provider: 'healthsync', url: body.url });
    await ask.post(`${at}/events`, { provider: 'healthsync', type: 'document.uploaded' });
    await ask.post(`${at}/clock/advance`, { by: '0s' });
    expect((await ask.get(`${at}/receiver`)).body.requests).toMatchObject([{ method: 'POST', status: 200 }]);
    const changed = await ask.put(`${at}/receiver`, { status: 503 });
    expect(changed.body).toMatchObject({ status: 503, delayMs: 0 });
    expect((await ask.put(`${at}/receiver`, { status: 99 })).body.code).toBe('invalid_request');
    expect((await ask.post(`${at}/reset`)).body).toMatchObject({ id: publicId });
    expect((await ask.get(`${at}/receiver`)).body.requests).toEqual([]);
  });
});
