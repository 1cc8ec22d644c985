import { describe, expect, inject, it } from 'vitest';
import { createIds } from '../../src/lib/ids.js';
import { seededRandom } from '../../src/lib/random.js';
import { isTransient } from '../../src/store/database.js';
import { ensureDays } from '../../src/store/partitions.js';
import { insertPublication } from '../../src/store/publishing.js';
import { readTenantClock } from '../../src/store/tenant-clock.js';
import { refusalOf } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const DAY_MS = 86_400_000;

describe('what must never happen again', () => {
  const world = useWorld();

  async function subscribed(provider = 'noyo') {
    const { id: tenantId } = await world.tenant();
    const consumer = await world.consumer();
    const { subscription } = await world.app.services.subscriptions.create(tenantId, {
      provider,
      url: consumer.url,
    });
    return { tenantId, subscriptionId: subscription.id.slice(4), consumer };
  }

  it('a delivery held by a publish that read the subscription before it was resumed', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    const { db, ids } = world.app.context;
    const { services } = world.app;
    await services.subscriptions.pause(tenantId, subscriptionId);
    const { rows } = await db.pool.query<{ lane: number; revision: number }>(
      'SELECT lane, revision FROM subscription WHERE id = $1',
      [subscriptionId],
    );
    await services.subscriptions.resume(tenantId, subscriptionId);
    const clock = (await readTenantClock(db.pool, tenantId))!;
    const event = {
      id: ids.next(),
      provider: 'noyo',
      type: 'group.created',
      variant: null,
      environment: 'production',
      providerEventId: null,
      direct: false,
      body: Buffer.from('{}'),
      application: null,
      channels: [],
      uid: null,
      details: null,
      subject: null,
    };
    const delivery = {
      id: ids.next(),
      eventId: event.id,
      subscriptionId,
      trigger: 0,
      fate: 'held' as const,
      reason: null,
      afterMs: 0,
      ...rows[0]!,
    };
    expect(
      await insertPublication(db.pool, { tenantId, clock, events: [event], deliveries: [delivery] }),
    ).toMatchObject({ isStored: false });
    const found = await db.pool.query('SELECT 1 FROM event WHERE tenant_id = $1', [tenantId]);
    expect(found.rows).toEqual([]);
  });

  it('a day that was made and not attached, or whose rows came before it', async () => {
    const { db } = world.app.context;
    const { tenantId } = await subscribed();
    const atMs = Date.parse('2031-05-05T12:00:00Z');
    const ids = createIds(() => atMs, seededRandom('days'));
    const id = ids.next();
    await db.pool.query(
      `INSERT INTO event (tenant_id, id, provider, type, environment, body_bytes, created_at) VALUES ($1, $2, 'noyo', 't', 'production', 0, now())`,
      [tenantId, id],
    );
    await db.pool.query('CREATE TABLE attempt_20310505 (LIKE attempt INCLUDING ALL)');
    await ensureDays(db, atMs);
    await ensureDays(db, atMs + DAY_MS);
    const { rows } = await db.pool.query<{ place: string }>(
      'SELECT tableoid::regclass::text AS place FROM event WHERE id = $1',
      [id],
    );
    expect(rows).toEqual([{ place: 'event_20310505' }]);
    const attached = await db.pool.query(
      `SELECT relname FROM pg_class WHERE relispartition AND relname ~ '^(event|attempt|finished_delivery)_2031050[4-9]$' ORDER BY 1`,
    );
    expect(attached.rows).toHaveLength(3 * 6);
  });

  it('a reset done twice by the same request', async () => {
    const { tenantId } = await subscribed();
    const { db } = world.app.context;
    await db.pool.query(
      `INSERT INTO idempotent_answer (tenant_id, method, path, key, request_hash, status) VALUES ($1, 'POST', '/reset', 'k', '\\x00', 200)`,
      [tenantId],
    );
    await world.app.services.reset.reset(tenantId);
    const { rows } = await db.pool.query('SELECT 1 FROM idempotent_answer WHERE tenant_id = $1', [tenantId]);
    expect(rows).toHaveLength(1);
  });

  it('secrets in overlap without bound, until no consumer takes the header', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    const { secrets } = world.app.services;
    for (let i = 0; i < 10; i++) await secrets.rotate(tenantId, subscriptionId, {});
    expect(await refusalOf(secrets.rotate(tenantId, subscriptionId, {}))).toBe('conflict');
    await secrets.rotate(tenantId, subscriptionId, { overlap: 0 });
  });

  it('a clock beyond what its own answers can be read back from', async () => {
    const { tenantId } = await subscribed();
    const { clock } = world.app.services;
    await clock.put(tenantId, { mode: 'manual', now: Date.parse('9998-12-31T23:00:00Z') });
    expect(await refusalOf(clock.advance(tenantId, { by: 2 * 3_600_000 }))).toBe('invalid_instant');
  });

  if (inject('server')) {
    it('a lost connection that ends the process, or is taken for a fault of the data', async () => {
      const { db } = world.app.context;
      const lost = db.transaction(async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await db.hot.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
        await client.query('SELECT 1');
      });
      const error = await lost.then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(Error);
      expect(isTransient(error)).toBe(true);
      expect((await db.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  }
});
