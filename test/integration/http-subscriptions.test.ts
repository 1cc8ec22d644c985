import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

const URL_OK = 'https://consumer.example/hook';
const MASK = '********';

describe('subscriptions over HTTP', () => {
  const world = useWorld();
  let api: Api;
  beforeAll(() => {
    api = apiOf(world);
  });

  async function tenant(): Promise<{ ask: Asker; at: string; id: string }> {
    const { id, publicId, key } = await world.tenant();
    return { ask: api.as(key), at: `/tenants/${publicId}`, id };
  }

  async function subscribe(body: object = {}) {
    const { ask, at, id: tenantId } = await tenant();
    const made = await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: URL_OK, ...body });
    expect(made.body).toMatchObject({ id: expect.any(String) });
    return { ask, at, tenantId, made: made.body, path: `${at}/subscriptions/${made.body.id}` };
  }

  const sql = async (text: string, values: unknown[]) =>
    (await world.app.context.db.pool.query(text, values)).rows;

  it('are made with a secret of ours that is shown once', async () => {
    const { ask, at, made, path } = await subscribe();
    expect(made).toMatchObject({
      id: expect.stringMatching(/^sub_[0-9a-f-]{36}$/),
      provider: 'noyo',
      url: URL_OK,
      status: 'active',
      unhealthySince: null,
      events: null,
      headers: {},
      presets: [],
      environment: 'production',
      rateLimit: null,
      maxInFlight: 10,
      secret: expect.stringMatching(/^.{32,}$/),
    });
    const { secret: _, ...shown } = made;
    expect((await ask.get(path)).body).toEqual(shown);
    expect((await ask.get(`${at}/subscriptions`)).body).toEqual({ data: [shown], nextCursor: null });
  });

  it('never show a secret that was brought along', async () => {
    const { made } = await subscribe({ secret: 'my-own-secret-of-some-length' });
    expect(made).not.toHaveProperty('secret');
  });

  it('keep header values and secrets sealed, and mask what looks like a credential', async () => {
    const headers = { 'x-team': 'billing-team', Authorization: 'Bearer hunter2', 'X-Api-Key': 'hunter3' };
    const { ask, path, made, tenantId } = await subscribe({ headers, secret: 'hunter4-hunter4' });
    expect(made.headers).toEqual({ 'x-team': 'billing-team', Authorization: MASK, 'X-Api-Key': MASK });
    const stored = JSON.stringify([
      await sql("SELECT s.*, encode(sealed, 'escape') AS sealed FROM subscription s WHERE tenant_id = $1", [
        tenantId,
      ]),
      await sql("SELECT encode(sealed, 'escape') AS sealed FROM subscription_secret WHERE tenant_id = $1", [
        tenantId,
      ]),
    ]);
    for (const secret of ['hunter2', 'hunter3', 'hunter4', 'billing-team'])
      expect(stored).not.toContain(secret);
    const changed = await ask.patch(path, { headers: { ...made.headers, 'x-team': 'other' } });
    expect(changed.body.headers).toEqual({ 'x-team': 'other', Authorization: MASK, 'X-Api-Key': MASK });
    const consumer = await world.consumer();
    await ask.patch(path, { url: consumer.url });
    await ask.post(`${path}/test`);
    const [request] = await consumer.got(1);
    expect(request!.headers).toMatchObject({
      authorization: 'Bearer hunter2',
      'x-api-key': 'hunter3',
      'x-team': 'other',
    });
    const masked = await ask.patch(path, { headers: { 'x-new-key': MASK } });
    expect(masked.body).toMatchObject({ code: 'invalid_header', errors: [{ path: 'headers.x-new-key' }] });
  });

  it('a copied row does not open elsewhere', async () => {
    const { tenantId, path, ask } = await subscribe({ headers: { 'x-a': '1' } });
    const other = await subscribe({ headers: { 'x-b': '2' } });
    await sql(
      'UPDATE subscription SET sealed = (SELECT sealed FROM subscription WHERE tenant_id = $1) WHERE tenant_id = $2',
      [other.tenantId, tenantId],
    );
    const { body } = await ask.get(path);
    expect(body).toMatchObject({ unreadable: expect.any(String) });
    expect(JSON.stringify(body)).not.toMatch(/x-[ab]/);
    expect((await ask.patch(path, { events: null })).body.code).toBe('sealed_unreadable');
  });

  it('take presets and settings; what holds is shown, a null goes back', async () => {
    const { ask, path, made } = await subscribe({ presets: ['body'], settings: { timeoutMs: 1000 } });
    expect(made).toMatchObject({
      presets: ['body'],
      settings: { signedContent: 'body', timeoutMs: 1000 },
    });
    const changed = await ask.patch(path, { settings: { signedContent: 'both' } });
    expect(changed.body.settings).toMatchObject({ signedContent: 'both', timeoutMs: 1000 });
    const back = await ask.patch(path, { presets: [], settings: { signedContent: null, timeoutMs: null } });
    expect(back.body).toMatchObject({
      presets: [],
      settings: { signedContent: 'timestamp.body', timeoutMs: null },
    });
  });

  it('filter events where the provider does', async () => {
    const events = ['document.uploaded', 'document.deleted', 'document.uploaded'];
    const { ask, path, made } = await subscribe({ provider: 'healthsync', events });
    expect(made.events).toEqual(['document.uploaded', 'document.deleted']);
    expect((await ask.patch(path, { events: null })).body.events).toBeNull();
    expect((await ask.patch(path, { events: [] })).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'events' }],
    });
  });

  it('every change makes a new revision', async () => {
    const { ask, path, tenantId } = await subscribe();
    const revision = async () =>
      (await sql('SELECT revision FROM subscription WHERE tenant_id = $1', [tenantId]))[0]!.revision;
    const seen = [await revision()];
    for (const change of [
      () => ask.patch(path, { maxInFlight: 3 }),
      () => ask.post(`${path}/secrets`, {}),
      () => ask.post(`${path}/pause`),
      () => ask.post(`${path}/resume`),
      () => ask.delete(path),
    ]) {
      await change();
      seen.push(await revision());
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  it('two changes at once are both kept', async () => {
    const { ask, path } = await subscribe();
    await Promise.all([
      ask.patch(path, { maxInFlight: 3 }),
      ask.patch(path, { rateLimit: 7 }),
      ask.post(`${path}/pause`),
    ]);
    expect((await ask.get(path)).body).toMatchObject({ maxInFlight: 3, rateLimit: 7, status: 'paused' });
  });

  it('pause holds, resume lets go in order of creation', async () => {
    const consumer = await world.consumer();
    const { ask, at, path } = await subscribe({ url: consumer.url });
    expect((await ask.post(`${path}/pause`)).body.status).toBe('paused');
    const ids: string[] = [];
    for (let i = 0; i < 3; i++)
      ids.push(
        (await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.created' })).body
          .providerEventId,
      );
    const held = await ask.get(`${at}/deliveries?status=held`);
    expect(held.body.data).toHaveLength(3);
    expect(held.body.data[0]).toMatchObject({ status: 'held', nextAttemptAt: null, attemptCount: 0 });
    await ask.patch(path, { maxInFlight: 1 });
    expect((await ask.post(`${path}/resume`)).body.status).toBe('active');
    const received = await consumer.got(3);
    expect(received.map(({ body }) => JSON.parse(body.toString()).event.id)).toEqual(ids);
  });

  it('switched off, they follow the provider’s rule', async () => {
    const { ask, at, path, made } = await subscribe({ provider: 'healthsync', active: false });
    expect(made.status).toBe('disabled');
    const missed = await ask.post(`${at}/events`, { provider: 'healthsync', type: 'document.uploaded' });
    expect(missed.body.deliveries.map((d: { status: string }) => d.status)).toEqual(['cancelled']);
    expect((await ask.patch(path, { active: true })).body.status).toBe('active');
    await ask.post(`${path}/pause`);
    await ask.post(`${at}/events`, { provider: 'healthsync', type: 'document.uploaded' });
    expect((await ask.patch(path, { active: false })).body.status).toBe('disabled');
    const cancelled = await ask.get(`${at}/deliveries?status=cancelled`);
    expect(cancelled.body.data.map((d: { reason: string }) => d.reason)).toEqual([
      'endpoint_disabled',
      'endpoint_disabled',
    ]);
  });

  it('removed, what is pending is cancelled and history stays', async () => {
    const { ask, at, path, made } = await subscribe();
    await ask.post(`${path}/pause`);
    await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.created' });
    expect((await ask.delete(path)).status).toBe(204);
    for (const answer of [
      await ask.get(path),
      await ask.delete(path),
      await ask.post(`${path}/resume`),
      await ask.get(`${path}/stats`),
    ])
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await ask.get(`${at}/subscriptions`)).body.data).toEqual([]);
    const left = await ask.get(`${at}/deliveries?subscriptionId=${made.id}`);
    expect(left.body.data).toMatchObject([{ status: 'cancelled', reason: 'subscription_deleted' }]);
  });

  it('list by provider, environment and status, in pages', async () => {
    const { ask, at } = await tenant();
    for (const provider of ['noyo', 'healthsync', 'noyo', 'novamed', 'noyo'])
      await ask.post(`${at}/subscriptions`, { provider, url: URL_OK });
    const all = (await ask.get(`${at}/subscriptions`)).body.data.map((s: { id: string }) => s.id);
    expect(all).toHaveLength(5);
    expect([...all].sort().reverse()).toEqual(all);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await ask.get(`${at}/subscriptions?limit=2${cursor}`);
      seen.push(...body.data.map((s: { id: string }) => s.id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(all);
    expect((await ask.get(`${at}/subscriptions?provider=noyo`)).body.data).toHaveLength(3);
    expect((await ask.get(`${at}/subscriptions?environment=development`)).body.data).toHaveLength(1);
    expect((await ask.get(`${at}/subscriptions?status=paused`)).body.data).toEqual([]);
  });
});

describe('secrets over HTTP', () => {
  const world = useWorld();
  let api: Api;
  beforeAll(() => {
    api = apiOf(world);
  });

  async function subscribe(provider: string) {
    const { publicId, key } = await world.tenant();
    const ask = api.as(key);
    const at = `/tenants/${publicId}`;
    await ask.put(`${at}/clock`, { mode: 'manual', now: '2026-01-01T00:00:00Z' });
    const { body } = await ask.post(`${at}/subscriptions`, { provider, url: URL_OK });
    return { ask, at, path: `${at}/subscriptions/${body.id}/secrets`, one: `${at}/subscriptions/${body.id}` };
  }

  it('overlap where the scheme carries a list, on the tenant’s clock', async () => {
    const { ask, path } = await subscribe('voyado');
    const rotated = await ask.post(path, { overlap: '2h', name: 'second' });
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({
      id: expect.stringMatching(/^sec_/),
      name: 'second',
      expiresAt: null,
      secret: expect.stringMatching(/^whsec_/),
    });
    const { data } = (await ask.get(path)).body;
    expect(data).toEqual([
      { id: rotated.body.id, name: 'second', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null },
      {
        id: expect.any(String),
        name: null,
        createdAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2026-01-01T02:00:00.000Z',
      },
    ]);
    const third = await ask.post(path, { overlap: '1h' });
    expect(third.status).toBe(201);
    const ends = (await ask.get(path)).body.data.map((s: { expiresAt: string }) => s.expiresAt);
    expect(ends).toEqual([null, '2026-01-01T01:00:00.000Z', '2026-01-01T01:00:00.000Z']);
  });

  it('with an overlap out of the provider’s range are refused', async () => {
    const { ask, path } = await subscribe('voyado');
    expect((await ask.post(path, { overlap: '400d' })).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'overlap' }],
    });
    expect((await ask.get(path)).body.data).toHaveLength(1);
  });

  it('switch at once where the scheme carries one value', async () => {
    for (const provider of ['healthsync', 'novamed']) {
      const { ask, path } = await subscribe(provider);
      const refused = await ask.post(path, { overlap: '1h' });
      expect(refused.body).toMatchObject({
        status: 400,
        code: 'overlap_unsupported',
        errors: [{ path: 'overlap' }],
      });
      const rotated = await ask.post(path, {});
      expect(rotated.status).toBe(201);
      const { data } = (await ask.get(path)).body;
      expect(data.map((s: { id: string }) => s.id)).toEqual([rotated.body.id]);
    }
  });

  it('a PATCH of the secret replaces every one', async () => {
    const { ask, path, one } = await subscribe('noyo');
    await ask.post(path, { overlap: '1d' });
    expect((await ask.get(path)).body.data).toHaveLength(2);
    const patched = await ask.patch(one, { secret: 'another-secret' });
    expect(patched.body).not.toHaveProperty('secret');
    expect((await ask.get(path)).body.data).toHaveLength(1);
  });

  it('are never shown when they were brought along', async () => {
    const { ask, path } = await subscribe('noyo');
    expect((await ask.post(path, { secret: 'brought-along' })).body).not.toHaveProperty('secret');
    expect(JSON.stringify((await ask.get(path)).body)).not.toContain('brought-along');
  });
});

describe('a tenant’s provider settings over HTTP', () => {
  const world = useWorld();

  it('shape bodies, are put whole, and keep their secrets sealed and masked', async () => {
    const api = apiOf(world);
    const { id, publicId, key } = await world.tenant();
    const ask = api.as(key);
    const path = `/tenants/${publicId}/providers/voyado`;
    expect((await ask.get(path)).body).toMatchObject({
      provider: 'voyado',
      presets: [],
      settings: { idKey: 'eventId', encryptionKey: null },
    });
    const encryptionKey = 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2';
    const put = await ask.put(path, { settings: { idKey: 'both', encryptionKey } });
    expect(put.body.settings).toMatchObject({ idKey: 'both', encryptionKey: MASK });
    const { rows } = await world.app.context.db.pool.query(
      "SELECT settings, encode(sealed, 'escape') AS sealed FROM tenant_provider WHERE tenant_id = $1",
      [id],
    );
    expect(JSON.stringify(rows)).not.toContain(encryptionKey);
    const kept = await ask.put(path, { settings: { encryptionKey: MASK } });
    expect(kept.body.settings).toMatchObject({ idKey: 'eventId', encryptionKey: MASK });
    const event = await ask.post(`/tenants/${publicId}/events`, {
      provider: 'voyado',
      type: 'point.balance.updated',
    });
    const shown = (await ask.get(`/tenants/${publicId}/events/${event.body.id}`)).body;
    expect(shown.body).toMatchObject({ isEncrypted: true, payload: expect.any(String) });
    const gone = await ask.put(path, {});
    expect(gone.body.settings.encryptionKey).toBeNull();
    const mask = await ask.put(path, { settings: { encryptionKey: MASK } });
    expect(mask.body).toMatchObject({ status: 400, code: 'invalid_setting' });
  });
});
