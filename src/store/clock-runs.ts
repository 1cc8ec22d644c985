import { SCHEDULE_DETAIL } from './plans.js';
import { PROMOTE_TENANT_SQL } from './sql/promote.js';
import type { Queryable } from './tenant-clock.js';

export interface ClockRun {
  id: string;
  tenantId: string;
  fromMs: number;
  /** Null = until idle; infinite = the next due instant, as soon as it is known. */
  targetMs: number | null;
  sinceId: string;
  /** Ends its owner's turn, and is the proof of it: whoever takes the run over changes it. */
  lease: string;
}

interface RunRow {
  id: string;
  tenant_id: string;
  from_at: Date;
  target: Date | number | null;
  since_id: string;
  lease: string;
}

/** How long a process that stopped renewing is taken to be alive, seconds. */
const LEASE_SECONDS = 15;
/** Rows made ready in one statement of a step. */
const STEP_ROWS = 5_000;

const COLUMNS = 'id, tenant_id, from_at, target, since_id, lease_until::text AS lease';
const NEW_LEASE = `now() + make_interval(secs => ${LEASE_SECONDS})`;

/** Whether an advance of this tenant is under way. */
export async function isRunning(client: Queryable, tenantId: string): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT 1 FROM clock_run WHERE tenant_id = $1 AND finished_at IS NULL',
    [tenantId],
  );
  return rows.length > 0;
}

/**
 * @returns the run with the id its count begins at: everything attempted since the clock last moved belongs to it, so that
 * what a publish set off before the advance began is counted no matter how fast it was.
 */
export async function startRun(client: Queryable, run: Omit<ClockRun, 'lease'>): Promise<ClockRun> {
  const { rows } = await client.query<RunRow>(
    `INSERT INTO clock_run (tenant_id, id, from_at, target, since_id, lease_until)
     VALUES ($1, $2, to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000), $5, ${NEW_LEASE})
     ON CONFLICT (tenant_id) DO UPDATE SET id = excluded.id, from_at = excluded.from_at, target = excluded.target,
       lease_until = excluded.lease_until, finished_at = NULL
     RETURNING ${COLUMNS}`,
    [run.tenantId, run.id, run.fromMs, run.targetMs, run.sinceId],
  );
  return toRun(rows[0]!);
}

/** The clock was set: what is attempted from this id on belongs to the next advance. */
export async function markSet(client: Queryable, tenantId: string, sinceId: string): Promise<void> {
  await client.query(
    `INSERT INTO clock_run (tenant_id, id, from_at, since_id, lease_until, finished_at) VALUES ($1, $2, now(), $2, now(), now())
     ON CONFLICT (tenant_id) DO UPDATE SET since_id = excluded.since_id`,
    [tenantId, sinceId],
  );
}

/**
 * Takes over runs whose process died. With `all`, every unfinished one: for the only process there is.
 * @param mine ids of the runs that this process is at.
 */
export async function adoptRuns(
  client: Queryable,
  all: boolean,
  mine: readonly string[],
): Promise<ClockRun[]> {
  const { rows } = await client.query<RunRow>(
    `UPDATE clock_run SET lease_until = ${NEW_LEASE}
     WHERE finished_at IS NULL AND ($1 OR lease_until < now()) AND id <> ALL($2::uuid[]) RETURNING ${COLUMNS}`,
    [all, mine],
  );
  return rows.map(toRun);
}

/** @returns the new lease, or null when the run is no longer ours: the tenant was reset, or another process took it. */
export async function renewRun(client: Queryable, run: ClockRun): Promise<string | null> {
  const { rows } = await client.query<{ lease: string }>(
    `UPDATE clock_run SET lease_until = ${NEW_LEASE}
     WHERE tenant_id = $1 AND id = $2 AND finished_at IS NULL AND lease_until = $3::timestamptz
     RETURNING lease_until::text AS lease`,
    [run.tenantId, run.id, run.lease],
  );
  return rows[0]?.lease ?? null;
}

/** The next due instant is known now. */
export async function setTarget(client: Queryable, run: ClockRun, targetMs: number): Promise<void> {
  await client.query(
    'UPDATE clock_run SET target = to_timestamp($3::float8 / 1000) WHERE tenant_id = $1 AND id = $2',
    [run.tenantId, run.id, targetMs],
  );
}

/** @param sinceId what is attempted from this id on belongs to the next run. */
export async function finishRun(client: Queryable, run: ClockRun, sinceId: string): Promise<void> {
  await client.query(
    'UPDATE clock_run SET finished_at = now(), since_id = $3 WHERE tenant_id = $1 AND id = $2',
    [run.tenantId, run.id, sinceId],
  );
}

/** Whether anything of the tenant is ready or in flight. One index probe a subscription, however much waits. */
export async function isBusy(client: Queryable, tenantId: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM subscription s WHERE s.tenant_id = $1 AND (
       EXISTS (SELECT FROM open_delivery d WHERE d.state = 0 AND d.lane = s.lane)
       OR EXISTS (SELECT FROM open_delivery d WHERE d.state = 1 AND d.lane = s.lane)) LIMIT 1`,
    [tenantId],
  );
  return rows.length > 0;
}

export interface Surroundings {
  /** Whether something is ready or in flight. */
  busy: boolean;
  /** When the next delivery is due; null when none waits. */
  deliveryMs: number | null;
  /** When the next publish is planned, of whatever kind. */
  planMs: number | null;
  /** When the next step of a scenario is planned: recurring schedules keep no clock going. */
  stepMs: number | null;
}

/**
 * All at one glance. Asked one after the other, a row that is promoted, settled or published in between is seen by none.
 */
export async function lookAround(client: Queryable, tenantId: string): Promise<Surroundings> {
  const { rows } = await client.query<{
    busy: boolean;
    delivery: Date | null;
    plan: Date | null;
    step: Date | null;
  }>(
    `SELECT EXISTS (SELECT FROM subscription s WHERE s.tenant_id = $1 AND (
         EXISTS (SELECT FROM open_delivery d WHERE d.state = 0 AND d.lane = s.lane)
         OR EXISTS (SELECT FROM open_delivery d WHERE d.state = 1 AND d.lane = s.lane))) AS busy,
       (SELECT due_at FROM open_delivery WHERE tenant_id = $1 AND state = 3 ORDER BY due_at LIMIT 1) AS delivery,
       (SELECT due_at FROM planned_publish WHERE tenant_id = $1 AND own_clock ORDER BY due_at LIMIT 1) AS plan,
       (SELECT due_at FROM planned_publish WHERE tenant_id = $1 AND own_clock AND cron IS NULL ORDER BY due_at LIMIT 1) AS step`,
    [tenantId],
  );
  const { busy, delivery, plan, step } = rows[0]!;
  return {
    busy,
    deliveryMs: delivery?.getTime() ?? null,
    planMs: plan?.getTime() ?? null,
    stepMs: step?.getTime() ?? null,
  };
}

/**
 * Whether a delivery waits that keeps a run until idle going. What recurring schedules published since it began does not: an
 * endpoint that always fails would keep the clock going for ever.
 */
export async function keepsGoing(client: Queryable, { tenantId, fromMs }: ClockRun): Promise<boolean> {
  const { rows } = await client.query<{ recurring: boolean }>(
    'SELECT EXISTS (SELECT FROM planned_publish WHERE tenant_id = $1 AND own_clock AND cron IS NOT NULL) AS recurring',
    [tenantId],
  );
  if (!rows[0]!.recurring) return true;
  const { rows: counting } = await client.query(
    `SELECT 1 FROM open_delivery d JOIN event e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
     WHERE d.tenant_id = $1 AND d.state = 3
       AND (e.created_at <= to_timestamp($2::float8 / 1000) OR NOT coalesce(e.details ? $3, false)) LIMIT 1`,
    [tenantId, fromMs, SCHEDULE_DETAIL],
  );
  return counting.length > 0;
}

/** Puts a standing clock on an instant, forward only. */
export async function moveTo(client: Queryable, tenantId: string, atMs: number): Promise<void> {
  await client.query(
    `UPDATE tenant SET clock_anchor = greatest(clock_anchor, to_timestamp($2::float8 / 1000)) WHERE id = $1 AND clock_mode = 'manual'`,
    [tenantId, atMs],
  );
}

/** Everything due at or before the instant becomes ready. @returns the lanes. */
export async function promoteTenant(client: Queryable, tenantId: string, atMs: number): Promise<number[]> {
  const lanes = new Set<number>();
  for (let moved = STEP_ROWS; moved >= STEP_ROWS; ) {
    const { rows } = await client.query<{ lane: number; count: number }>(PROMOTE_TENANT_SQL, [
      tenantId,
      new Date(atMs),
      STEP_ROWS,
    ]);
    for (const row of rows) lanes.add(row.lane);
    moved = rows.reduce((sum, row) => sum + row.count, 0);
  }
  return [...lanes];
}

export interface RunCounts {
  attempts: number;
  delivered: number;
  failed: number;
}

/** What an advance did, read from the attempts made since the clock last moved before it. */
export async function countAttempts(client: Queryable, run: ClockRun): Promise<RunCounts> {
  const { rows } = await client.query<RunCounts>(
    `SELECT count(*)::int AS attempts, (count(*) FILTER (WHERE outcome = 'delivered'))::int AS delivered,
       (count(*) FILTER (WHERE outcome = 'failed'))::int AS failed
     FROM attempt WHERE tenant_id = $1 AND id >= $2 AND outcome <> 'superseded'`,
    [run.tenantId, run.sinceId],
  );
  return rows[0]!;
}

/** Deliveries that are neither finished nor held. */
export async function countPending(client: Queryable, tenantId: string): Promise<number> {
  const { rows } = await client.query<{ pending: number }>(
    'SELECT count(*)::int AS pending FROM open_delivery WHERE tenant_id = $1 AND state <> 4',
    [tenantId],
  );
  return rows[0]!.pending;
}

function toRun(row: RunRow): ClockRun {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    fromMs: row.from_at.getTime(),
    targetMs: row.target === null ? null : Number(row.target),
    sinceId: row.since_id,
    lease: row.lease,
  };
}
