import { describe, expect, it } from 'vitest';
import { insertPublication } from '../../src/store/publishing.js';
import { readTenantClock } from '../../src/store/tenant-clock.js';
import { eventually } from '../support/eventually.js';
import { gate, type Scene, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const dispatcher = () => world.app.dispatcher!;
const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await world.app.context.db.pool.query<T>(text, values)).rows;

/** Whether a slot would be kept for it; gives it back. */
function keeps(offered: { lane: number; revision: number }): boolean {
  const grasp = dispatcher().firstHand.grasp([offered], performance.now());
  grasp?.end(0, null);
  return grasp !== null;
}

/** A subscription that has been sent to, so that this process knows its lane. */
async function known(more: NonNullable<Parameters<typeof setScene>[2]> = {}) {
  const scene = await setScene(world, 'novamed', { answers: 200, clock: null, ...more });
  await scene.until(await scene.publish(), 'delivered');
  await eventually(() => expect(dispatcher().inFlight).toBe(0));
  const [row] = await sql<{ lane: number; revision: number }>(
    'SELECT lane, revision FROM subscription WHERE id = $1',
    [scene.subscriptionId],
  );
  // A claim that found nothing more may still be under way.
  if (more.rateLimit === undefined) await eventually(() => expect(keeps(row!)).toBe(true));
  return { scene, ...row! };
}

/** A stored event and delivery of this process's making, offered under a lease. */
async function store({ tenantId, subscriptionId }: Scene, lane: number, revision: number) {
  const { db, ids } = world.app.context;
  const clock = (await readTenantClock(db.pool, tenantId))!;
  const [eventId, id] = [ids.next(), ids.next()];
  const body = Buffer.from('{}');
  const none = { variant: null, providerEventId: null, subject: null, application: null, uid: null };
  const event = { ...none, id: eventId, provider: 'novamed', type: 'order:created', direct: false, body };
  const delivery = { id, eventId, subscriptionId, lane, trigger: 0, reason: null, afterMs: 0, revision };
  const written = await insertPublication(db.pool, {
    tenantId,
    clock,
    events: [{ ...event, environment: 'development', channels: [], details: null }],
    deliveries: [{ ...delivery, fate: 'ready' }],
    hand: { token: 77, seconds: 600, ids: new Set([id]) },
  });
  const [row] = await sql('SELECT token::int, claims, state FROM open_delivery WHERE id = $1', [id]);
  return { leased: [...written.leased], id, row };
}

describe('a first attempt that this process can send at once', () => {
  it('is stored as claimed and sent without a claim, one after the other and many at once', async () => {
    const { scene } = await known();
    const { claims, claimed } = dispatcher().totals;
    const ids = [await scene.publish(), await scene.publish()];
    ids.push(...(await Promise.all(Array.from({ length: 6 }, () => scene.publish()))));
    for (const id of ids) {
      const { attempts } = await scene.until(id, 'delivered');
      expect(attempts).toMatchObject([{ number: 1, outcome: 'delivered', trigger: 'scheduled' }]);
    }
    expect(scene.consumer.received).toHaveLength(1 + ids.length);
    expect(dispatcher().totals).toMatchObject({ claims, claimed: claimed + ids.length });
  });

  it('is retried on the schedule like any other when it fails', async () => {
    const { scene } = await known();
    scene.consumer.answer(503);
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    // Its delivery was read before its attempts.
    const { attempts, nextAttemptAt } = await scene.until(id, 'pending');
    expect(attempts).toMatchObject([{ number: 1, outcome: 'retry' }]);
    expect(Date.parse(nextAttemptAt!)).toBeGreaterThan(Date.parse(attempts[0]!.startedAt));
  });

  it('is left to a claim beyond the cap, and everything arrives in order of its making', async () => {
    const { scene } = await known({ maxInFlight: 1 });
    const held = gate();
    scene.consumer.answer(held.answer);
    const ids = [await scene.publish(), await scene.publish(), await scene.publish()];
    const rows = await sql<{ id: string; claims: number }>(
      'SELECT id, claims FROM open_delivery WHERE tenant_id = $1 ORDER BY due_at, id',
      [scene.tenantId],
    );
    expect(rows).toEqual(ids.map((id, i) => ({ id, claims: i === 0 ? 1 : 0 })));
    held.open();
    for (const id of ids) await scene.until(id, 'delivered');
    const starts = await Promise.all(ids.map(async (id) => (await scene.delivery(id)).attempts[0]!.id));
    expect(starts).toEqual(starts.toSorted());
  });

  it('is never kept for a lane that is not known, is of another revision, limited, or on a clock of its own', async () => {
    const { lane, revision } = await known();
    expect(keeps({ lane, revision })).toBe(true);
    expect(keeps({ lane, revision: revision + 1 })).toBe(false);
    expect(keeps({ lane: 2 ** 30, revision })).toBe(false);
    const limited = await known({ rateLimit: 1_000 });
    expect(keeps(limited)).toBe(false);
    const { scene, ...standing } = await known();
    await scene.services.clock.put(scene.tenantId, { mode: 'manual' });
    const id = await scene.publish();
    await scene.until(id, 'delivered');
    expect(keeps(standing)).toBe(false);
    expect(dispatcher().inFlight).toBe(0);
  });

  it('is ready for anybody when its subscription changed while it was made', async () => {
    const { scene, lane, revision } = await known();
    const now = await store(scene, lane, revision);
    expect(now).toMatchObject({ leased: [now.id], row: { token: 77, claims: 1, state: 0 } });
    const then = await store(scene, lane, revision - 1);
    expect(then).toMatchObject({ leased: [], row: { token: null, claims: 0, state: 0 } });
  });

  it('frees its slot when nothing was stored', async () => {
    const { lane, revision, scene } = await known({ maxInFlight: 1 });
    const { firstHand } = dispatcher();
    const offered = [
      { lane, revision },
      { lane, revision },
    ];
    for (let i = 0; i < 3; i++) {
      const grasp = firstHand.grasp(offered, performance.now())!;
      expect(grasp.kept).toEqual([true, false]);
      expect(firstHand.grasp(offered, performance.now())).toBeNull();
      expect(dispatcher().inFlight).toBe(1);
      grasp.end(0, null);
      expect(dispatcher().inFlight).toBe(0);
    }
    await scene.until(await scene.publish(), 'delivered');
  });

  it('keeps most slots free for others while its tenant is locked', async () => {
    // The embedded database has one connection: nobody waits for a lock there.
    if (!world.onServer) return;
    const busy = await known({ maxInFlight: 1_000 });
    const holder = await world.app.context.db.pool.connect();
    const batch = new Array(600).fill({ provider: 'novamed', type: 'order:created' });
    let stored: Promise<unknown> = Promise.resolve();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM tenant WHERE id = $1 FOR UPDATE', [busy.scene.tenantId]);
      stored = world.app.services.publish.batch(busy.scene.tenantId, batch);
      const kept = await eventually(() => {
        expect(dispatcher().inFlight).toBeGreaterThan(0);
        return dispatcher().inFlight;
      });
      expect(kept).toBeLessThanOrEqual(world.config.slots / 4);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
      await stored;
    }
    await busy.scene.consumer.got(601);
  });
});
