import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { lookAround } from '../../src/store/clock-runs.js';
import { LOCK_HEALTH_SQL } from '../../src/store/health.js';
import { createQueue, type Outcome } from '../../src/store/queue.js';
import { claimSql } from '../../src/store/sql/claim.js';
import { DISCOVER_SQL } from '../../src/store/sql/discover.js';
import { LOOK_SQL } from '../../src/store/sql/look.js';
import { PROMOTE_SQL, PROMOTE_TENANT_SQL } from '../../src/store/sql/promote.js';
import { SETTLE_SQL } from '../../src/store/sql/settle.js';
import { cancelOpen } from '../../src/store/stopping.js';
import { eventually } from '../support/eventually.js';
import { outcomeOf } from '../support/queue-outcome.js';
import { type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });

const db = () => world.app.context.db;
const queue = () => createQueue(db().hot);
const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await db().pool.query<T>(text, values)).rows;

async function laneOf({ subscriptionId }: Scene): Promise<number> {
  return (await sql<{ lane: number }>('SELECT lane FROM subscription WHERE id = $1', [subscriptionId]))[0]!
    .lane;
}

/** At the instant where the scene's clock stands. */
function outcome(tenantId: string, id: string, token: number, more: Partial<Outcome> = {}): Outcome {
  const attemptId = world.app.context.ids.next();
  const then = { dueMs: START, startedMs: START, wallStartedMs: START };
  return outcomeOf({ tenantId, id, token, attemptId, ...then, ...more });
}

/** Several deliveries, claimed under `token`. */
async function claimed(token: number, count: number) {
  const scene = await setScene(world, 'novamed');
  for (let i = 0; i < count; i++) await scene.publish();
  const lane = await laneOf(scene);
  const rows = await queue().claim(0, [{ lane, want: count }], { token, seconds: 60 });
  expect(rows).toHaveLength(count);
  return { ...scene, lane, ids: rows.map(({ id }) => id) };
}

describe('a claim', () => {
  it('takes the oldest first, and hands them over in that order however they lie in the table', async () => {
    const scene = await setScene(world, 'novamed');
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push(await scene.publish());
    // New row versions, out of order.
    for (const id of [...ids].reverse())
      await sql('UPDATE open_delivery SET due_at = due_at WHERE id = $1', [id]);
    await sql("UPDATE open_delivery SET due_at = due_at - $2 * interval '1 second' WHERE id = $1", [
      ids[9],
      1,
    ]);
    const lane = await laneOf(scene);
    const first = await queue().claim(0, [{ lane, want: 8 }], { token: 11, seconds: 60 });
    expect(first.map(({ id }) => id)).toEqual([ids[9], ...ids.slice(0, 7)]);
    const rest = await queue().claim(0, [{ lane, want: 8 }], { token: 12, seconds: 60 });
    expect(rest.map(({ id }) => id)).toEqual([...ids.slice(7, 9), ...ids.slice(10)]);
    expect(rest[0]).toMatchObject({ tries: 0, claims: 1, ownClock: true, trigger: 'scheduled', token: 12 });
  });

  it('never takes what another holds, and takes it again when that lease has ended', async () => {
    const { lane, ids } = await claimed(21, 3);
    expect(await queue().claim(0, [{ lane, want: 9 }], { token: 22, seconds: 60 })).toEqual([]);
    await sql(`UPDATE open_delivery SET lease_until = now() - interval '1 second' WHERE id = $1`, [ids[1]]);
    expect((await queue().look()).lanes).toContainEqual({ lane, state: 0, sinceMs: START });
    const again = await queue().claim(0, [{ lane, want: 9 }], { token: 23, seconds: 60 });
    expect(again).toMatchObject([{ id: ids[1], claims: 2, token: 23, tries: 0 }]);
    expect((await queue().look()).lanes).not.toContainEqual(expect.objectContaining({ lane, state: 0 }));
  });
});

describe('a look', () => {
  const DAY_MS = 86_400_000;

  it('promotes what is due, finds what was left ready in however many lanes, and says when the next is due', async () => {
    const { tenantId, subscriptionId } = await setScene(world, 'novamed', { clock: null });
    const lanes = 1_203;
    await sql(
      `WITH s AS (INSERT INTO subscription (tenant_id, id, provider, url, environment, status, events, presets, settings, created_at, updated_at)
         SELECT tenant_id, gen_random_uuid(), provider, url, environment, status, events, presets, settings, created_at, updated_at
         FROM subscription, generate_series(1, $2) WHERE id = $1 RETURNING *),
       n AS (SELECT *, row_number() OVER (ORDER BY lane) AS n FROM s)
       INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, tries, own_clock, due_at, created_at)
       SELECT tenant_id, gen_random_uuid(), gen_random_uuid(), id, lane,
         CASE WHEN n <= 3 THEN 2 WHEN n <= 6 THEN 1 ELSE 0 END, CASE WHEN n <= 6 THEN 1 ELSE 0 END, false,
         CASE WHEN n = 1 THEN now() + interval '1 day' ELSE now() - interval '1 minute' END, now() FROM n`,
      [subscriptionId, lanes],
    );
    const rows = await sql<{ lane: number }>(
      'SELECT lane FROM subscription WHERE tenant_id = $1 AND id <> $2 ORDER BY lane',
      [tenantId, subscriptionId],
    );
    const found = await queue().look();
    const mine = found.lanes.filter(({ lane }) => lane >= rows[0]!.lane).sort((a, b) => a.lane - b.lane);
    // All but the first, which is not due; the two beside it were promoted, three more wait for their retry.
    expect(mine.map(({ lane, state }) => [lane, state])).toEqual(
      rows.slice(1).map(({ lane }, i) => [lane, i < 5 ? 1 : 0]),
    );
    expect(found.more).toBe(false);
    expect(found.nextDueMs).toBeGreaterThan(0);
    expect(found.nextDueMs).toBeLessThanOrEqual(DAY_MS);
    // The next one finds them ready.
    const again = await queue().look();
    expect(again.lanes.filter(({ lane }) => lane >= rows[0]!.lane)).toHaveLength(lanes - 1);
  });
});

describe('a settled batch', () => {
  it('told twice changes nothing the second time', async () => {
    const { tenantId, ids, ...scene } = await claimed(31, 3);
    const batch = [
      outcome(tenantId, ids[0]!, 31),
      outcome(tenantId, ids[1]!, 31, {
        outcome: 'retry',
        reason: 'status_503',
        status: 503,
        anchor: 'previousEnd',
        delayMs: 60_000,
      }),
      outcome(tenantId, ids[2]!, 31, {
        outcome: 'failed',
        reason: 'status_503',
        endReason: 'exhausted',
        status: 503,
      }),
    ];
    const everything = async () => ({
      attempts: await sql('SELECT * FROM attempt WHERE tenant_id = $1 ORDER BY id', [tenantId]),
      open: await sql('SELECT * FROM open_delivery WHERE tenant_id = $1 ORDER BY id', [tenantId]),
      finished: await sql('SELECT * FROM finished_delivery WHERE tenant_id = $1 ORDER BY id', [tenantId]),
    });
    const settled = await queue().settle(batch);
    expect(settled.map(({ id, ends, endStatus }) => [id, ends && endStatus])).toEqual([
      [ids[0], 'delivered'],
      [ids[1], false],
      [ids[2], 'failed'],
    ]);
    expect(settled[1]).toMatchObject({ nextAtMs: START + 60_000, overdue: false, ownClock: true });
    const before = await everything();
    expect([before.attempts.length, before.open.length, before.finished.length]).toEqual([3, 1, 2]);
    expect(await queue().settle(batch)).toEqual([]);
    // A write whose answer was lost looks like a stale one: it is known by its attempt.
    await queue().recordSuperseded(batch);
    expect(await everything()).toEqual(before);
    expect(await scene.offsets(ids[1]!)).toEqual([0]);
  });

  it('under a stale token changes nothing, and is recorded as superseded', async () => {
    const { tenantId, lane, ids, ...scene } = await claimed(41, 1);
    const id = ids[0]!;
    await sql("UPDATE open_delivery SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
    const [again] = await queue().claim(0, [{ lane, want: 1 }], { token: 42, seconds: 60 });
    expect(again!.id).toBe(id);
    const stale = outcome(tenantId, id, 41, {
      outcome: 'failed',
      reason: 'timeout',
      endReason: 'exhausted',
      status: null,
    });
    expect(await queue().settle([stale])).toEqual([]);
    await queue().recordSuperseded([stale]);
    expect(await scene.delivery(id)).toMatchObject({ status: 'sending', attemptCount: 0 });
    expect(await queue().settle([outcome(tenantId, id, 42)])).toHaveLength(1);
    const delivery = await scene.delivery(id);
    expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 1 });
    expect(delivery.attempts.map((a) => [a.number, a.outcome, a.reason])).toEqual([
      [1, 'superseded', 'timeout'],
      [1, 'delivered', null],
    ]);
  });

  it('of a tenant that was emptied meanwhile leaves no trace', async () => {
    const { tenantId, ids, ...scene } = await claimed(51, 1);
    await scene.services.reset.reset(tenantId);
    const late = [outcome(tenantId, ids[0]!, 51)];
    expect(await queue().settle(late)).toEqual([]);
    await queue().recordSuperseded(late);
    expect(await sql('SELECT 1 FROM attempt WHERE tenant_id = $1', [tenantId])).toEqual([]);
  });

  it('marked for a healthy subscription only is left alone once there is something to heal', async () => {
    const { tenantId, ids, subscriptionId } = await claimed(61, 2);
    const guarded = (i: number) => outcome(tenantId, ids[i]!, 61, { guard: true });
    expect(await queue().settle([guarded(0)])).toHaveLength(1);
    await sql(`UPDATE subscription SET health = '{"lastFailure":[1,"x"]}' WHERE id = $1`, [subscriptionId]);
    expect(await queue().settle([guarded(1)])).toEqual([]);
  });
});

// What needs several connections exists only on a server.
if (inject('server') !== null) {
  const waitsForLock = (part: string) =>
    eventually(async () => {
      const waiting = await sql(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 in query) > 0
         AND datname = current_database()`,
        [part],
      );
      expect(waiting).toHaveLength(1);
    });

  it('what is withdrawn just while it is given back ends, too', async () => {
    const { tenantId, ids, subscriptionId, ...scene } = await claimed(95, 1);
    const client = await db().pool.connect();
    await client.query('BEGIN');
    await cancelOpen(client, tenantId, subscriptionId, 'subscription_deleted');
    const given = queue().release([{ tenantId, id: ids[0]!, token: 95 }]);
    await waitsForLock('claims = d.claims - 1');
    await client.query('COMMIT');
    client.release();
    await given;
    expect(await scene.delivery(ids[0]!)).toMatchObject({
      status: 'cancelled',
      reason: 'subscription_deleted',
    });
  });

  it.each([
    ['the system clock', false, 2],
    ['a clock of its own', true, 3],
  ] as const)(
    'an outcome told while its delivery moves to %s is written there',
    async (_, ownClock, state) => {
      const { tenantId, ids } = await claimed(91, 1);
      await sql('UPDATE open_delivery SET own_clock = $2 WHERE id = $1', [ids[0], !ownClock]);
      const mover = await db().pool.connect();
      await mover.query('BEGIN');
      await mover.query('UPDATE open_delivery SET own_clock = $2 WHERE id = $1', [ids[0], ownClock]);
      const retry = {
        outcome: 'retry',
        reason: 'status_503',
        anchor: 'previousEnd',
        delayMs: 60_000,
      } as const;
      const settled = queue().settle([outcome(tenantId, ids[0]!, 91, retry)]);
      await waitsForLock('endReason');
      await mover.query('COMMIT');
      mover.release();
      expect(await settled).toMatchObject([{ ownClock }]);
      expect(await sql('SELECT state, own_clock FROM open_delivery WHERE id = $1', [ids[0]])).toEqual([
        { state, own_clock: ownClock },
      ]);
    },
  );
}

describe('what is given back or put off', () => {
  it('was never claimed, unless the lease is another’s by now', async () => {
    const { tenantId, lane, ids } = await claimed(71, 2);
    await queue().release([
      { tenantId, id: ids[0]!, token: 71 },
      { tenantId, id: ids[1]!, token: 70 },
    ]);
    const again = await queue().claim(0, [{ lane, want: 9 }], { token: 72, seconds: 60 });
    expect(again).toMatchObject([{ id: ids[0], claims: 1, tries: 0 }]);
  });

  it('ends at once where it was withdrawn meanwhile', async () => {
    const { tenantId, ids, subscriptionId, ...scene } = await claimed(75, 3);
    await scene.services.subscriptions.remove(tenantId, subscriptionId);
    expect(await scene.delivery(ids[0]!)).toMatchObject({ status: 'sending' });
    await queue().release([
      { tenantId, id: ids[0]!, token: 75 },
      { tenantId, id: ids[2]!, token: 74 },
    ]);
    await queue().defer([{ tenantId, id: ids[1]!, token: 75, untilMs: START + 1_000 }]);
    const ended = { status: 'cancelled', reason: 'subscription_deleted', attemptCount: 0 };
    for (const id of ids.slice(0, 2)) expect(await scene.delivery(id)).toMatchObject(ended);
    expect(await scene.delivery(ids[2]!)).toMatchObject({ status: 'sending' });
  });

  it('waits for its new instant, without an attempt', async () => {
    const { tenantId, ids, ...scene } = await claimed(81, 1);
    await queue().defer([{ tenantId, id: ids[0]!, token: 81, untilMs: START + 1_000 }]);
    expect(await scene.delivery(ids[0]!)).toMatchObject({ status: 'pending', attemptCount: 0, attempts: [] });
    expect(await lookAround(db().pool, tenantId)).toEqual({
      busy: false,
      deliveryMs: START + 1_000,
      planMs: null,
      stepMs: null,
    });
  });
});

describe('plans', () => {
  interface Plan {
    'Node Type': string;
    'Relation Name'?: string;
    'Index Name'?: string;
    Plans?: Plan[];
  }

  const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

  /** How each table is read, by the settings of the dispatcher's own connections. */
  async function readsOf(
    text: string,
    values: readonly string[],
    pool: pg.Pool = db().hot,
  ): Promise<string[]> {
    const name = `p_${randomUUID().replaceAll('-', '')}`;
    const client = await pool.connect();
    try {
      await client.query(`PREPARE ${name} AS ${text}`);
      const given = values.length > 0 ? `(${values.join(', ')})` : '';
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE ${name}${given}`);
      await client.query(`DEALLOCATE ${name}`);
      const reads = nodes(rows[0]!['QUERY PLAN'][0].Plan)
        .filter((node) => node['Node Type'].includes('Scan') && (node['Relation Name'] || node['Index Name']))
        .map((node) =>
          `${node['Node Type']} ${node['Relation Name'] ?? ''} ${node['Index Name'] ?? ''}`.trim(),
        );
      return [...new Set(reads)];
    } finally {
      client.release();
    }
  }

  const openDelivery = (reads: readonly string[]) =>
    reads.filter((read) => read.includes('open_delivery')).sort();

  it.each([0, 1] as const)(
    'the claim of state %i reads the queue by its ready index, then by row',
    async (state) => {
      const reads = await readsOf(claimSql(state), ["'{1,2}'", "'{10,10}'", '1', '30', "'{-Infinity,0}'"]);
      expect(openDelivery(reads)).toEqual([
        'Index Scan open_delivery open_delivery_ready',
        'Tid Scan open_delivery',
      ]);
      const events = reads.filter((read) => read.includes('event_'));
      expect(events.length).toBeGreaterThan(0);
      expect(events.filter((read) => !/ event_\w+_pkey$/.test(read))).toEqual([]);
      expect(reads.filter((read) => read.startsWith('Seq'))).toEqual([]);
    },
  );

  it('no index but a primary key begins with the tenant: while a table is small it would be taken for one', async () => {
    const { rows } = await db().pool.query<{ indexdef: string }>(
      `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND indexdef NOT LIKE '% WHERE %'`,
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.map((r) => r.indexdef).filter((text) => text.includes('(tenant_id'))).toEqual([]);
  });

  it('discovery probes that index, one lane at a time', async () => {
    const reads = await readsOf(DISCOVER_SQL, ['0', '500']);
    expect(openDelivery(reads)).toEqual(['Index Scan open_delivery open_delivery_ready']);
  });

  it('a look does both', async () => {
    const reads = openDelivery(await readsOf(LOOK_SQL, ['0', '500'])).map((read) =>
      read.replace('Index Only Scan', 'Index Scan'),
    );
    for (const index of ['ready', 'waiting', 'clocked'])
      expect(reads).toContain(`Index Scan open_delivery open_delivery_${index}`);
    expect(reads.every((read) => /open_delivery_(ready|clocked|waiting)$|^Tid Scan/.test(read))).toBe(true);
  });

  it('promotion goes by the due instant, on the database’s clock and on each tenant’s own', async () => {
    const expected = [
      'Index Scan open_delivery open_delivery_clocked',
      'Index Scan open_delivery open_delivery_waiting',
    ];
    const reads = openDelivery(await readsOf(PROMOTE_SQL, []));
    expect(reads.map((read) => read.replace('Index Only Scan', 'Index Scan'))).toEqual(
      expect.arrayContaining(expected),
    );
    expect(reads.every((read) => /open_delivery_(clocked|waiting)$|^Tid Scan/.test(read))).toBe(true);
    const tenant = `'${randomUUID()}'`;
    const step = openDelivery(await readsOf(PROMOTE_TENANT_SQL, [tenant, 'now()', '5000']));
    expect(step).toEqual(['Index Scan open_delivery open_delivery_clocked', 'Tid Scan open_delivery']);
  });

  it('settling goes by the key', async () => {
    const reads = await readsOf(SETTLE_SQL, ["''"]);
    expect(openDelivery(reads)).toEqual(['Index Scan open_delivery open_delivery_pkey']);
    expect(reads.filter((read) => read.startsWith('Seq'))).toEqual([]);
    const health = await readsOf(LOCK_HEALTH_SQL, ["'{}'", "'{}'"]);
    expect(health).toEqual(['Index Scan subscription subscription_pkey']);
  });
});
