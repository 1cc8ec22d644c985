import { shiftedSql } from './shifted.js';
import { type Queryable, tenantNowSql } from './tenant-clock.js';

/** Where the details of an event name the recurring schedule that published it. */
export const SCHEDULE_DETAIL = 'schedule';

/**
 * A publish to come: the next turn of a schedule (`cron`), or a step of a scenario's run; or a copy of a delivery that a fault
 * makes. Instants are tenant time.
 */
export interface Plan {
  id: string;
  kind: { cron: string } | PlannedStep | PlannedCopy;
  /** Of a copy: nothing. */
  input: PlannedInput;
  /** Null = never. */
  dueAtMs: number | null;
  /** Why its last turn could not be published. */
  refused: string | null;
  createdAtMs: number;
}

/** What is published. */
export interface PlannedInput {
  provider: string;
  type: string;
  variant?: string | undefined;
  environment?: string | undefined;
  /** Merged over the example. */
  data?: unknown;
  /** Public id of the only one that gets it. */
  subscriptionId?: string | undefined;
  /** Kept beside the event. */
  details?: unknown;
}

export interface PlannedStep {
  runId: string;
  scenario: string;
  seed: string;
  /** From 0. */
  step: number;
}

/** One more request for a delivery. */
export interface PlannedCopy {
  copyOf: string;
  copy: CopyInput;
}

export interface CopyInput {
  eventId: string;
  lane: number;
  /** Of the attempt that it repeats. */
  number: number;
  /** How much older than their time its timestamps are, milliseconds. */
  agedMs: number;
  /** JSON text of what is recorded of the fault. */
  faults: string;
}

export type PlanOf<Kind extends Plan['kind']> = Plan & { kind: Kind };

interface PlanRow {
  id: string;
  cron: string | null;
  run_id: string | null;
  scenario: string | null;
  seed: string | null;
  step: number | null;
  copy_of: string | null;
  input: string;
  due_at: Date | null;
  refused: string | null;
  created_at: Date;
}

const COLUMNS = 'id, cron, run_id, scenario, seed, step, copy_of, input, due_at, refused, created_at';

/** @param clock as it was read in this transaction, under a lock that keeps it there. */
export async function insertPlans(
  client: Queryable,
  { tenantId, ownClock, nowMs }: { tenantId: string; ownClock: boolean; nowMs: number },
  plans: readonly Pick<Plan, 'id' | 'kind' | 'input' | 'dueAtMs'>[],
): Promise<void> {
  const rows = plans.map(({ id, kind, input, dueAtMs }) => ({
    id,
    ...columnsOf(kind),
    input: JSON.stringify('copyOf' in kind ? kind.copy : input),
    due: dueAtMs,
  }));
  await client.query(
    `INSERT INTO planned_publish (tenant_id, id, cron, run_id, scenario, seed, step, copy_of, input, due_at, own_clock, created_at)
     SELECT $1, x.id, x.cron, x.run_id, x.scenario, x.seed, x.step, x.copy_of, x.input, to_timestamp(x.due / 1000), $3,
       to_timestamp($4::float8 / 1000)
     FROM json_to_recordset($2::json) AS x(id uuid, cron text, run_id uuid, scenario text, seed text, step int, copy_of uuid, input text,
       due float8)`,
    [tenantId, JSON.stringify(rows), ownClock, nowMs],
  );
}

function columnsOf(kind: Plan['kind']) {
  if ('cron' in kind) return { cron: kind.cron };
  if ('copyOf' in kind) return { copy_of: kind.copyOf };
  const { runId, scenario, seed, step } = kind;
  return { run_id: runId, scenario, seed, step };
}

/** The first plan that the instant has reached, held until the transaction ends. */
export async function takeDuePlan(client: Queryable, tenantId: string, nowMs: number): Promise<Plan | null> {
  const { rows } = await client.query<PlanRow>(
    `SELECT ${COLUMNS} FROM planned_publish WHERE tenant_id = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT 1 FOR UPDATE`,
    [tenantId, new Date(nowMs)],
  );
  return rows[0] ? toPlan(rows[0]) : null;
}

export async function dropPlan(client: Queryable, tenantId: string, id: string): Promise<void> {
  await client.query('DELETE FROM planned_publish WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
}

export async function setDue(
  client: Queryable,
  tenantId: string,
  { id, dueAtMs, refused }: Pick<Plan, 'id' | 'dueAtMs' | 'refused'>,
): Promise<void> {
  await client.query(
    'UPDATE planned_publish SET due_at = to_timestamp($3::float8 / 1000), refused = $4 WHERE tenant_id = $1 AND id = $2',
    [tenantId, id, dueAtMs, refused],
  );
}

/** Plans live on the tenant's own clock from now on, or on the database's; steps move with a clock that is set back. */
export async function rehomePlans(
  client: Queryable,
  tenantId: string,
  { ownClock, byMs }: { ownClock: boolean; byMs: number },
): Promise<void> {
  await client.query(
    `UPDATE planned_publish SET own_clock = $2,
       due_at = CASE WHEN cron IS NULL THEN ${shiftedSql('due_at', '$3')} ELSE due_at END WHERE tenant_id = $1`,
    [tenantId, ownClock, byMs],
  );
}

export interface DuePlans {
  tenantIds: string[];
  /** Real milliseconds to the next plan on a running clock; null when none waits there. */
  nextDueMs: number | null;
}

/** Tenants looked at in one go. */
const DUE_TENANTS = 100;

/** Whose clock has reached a plan. */
export async function duePlans(client: Queryable): Promise<DuePlans> {
  const { rows } = await client.query<{ tenant_id: string | null; next_due_ms: number | null }>(
    `SELECT DISTINCT tenant_id, NULL::float8 AS next_due_ms FROM (
       (SELECT tenant_id FROM planned_publish WHERE NOT own_clock AND due_at <= now() ORDER BY due_at LIMIT ${DUE_TENANTS})
       UNION ALL
       (SELECT t.id FROM tenant t CROSS JOIN LATERAL (SELECT FROM planned_publish p WHERE p.own_clock AND p.tenant_id = t.id
          AND p.due_at <= ${tenantNowSql('t')} LIMIT 1) p
        WHERE t.clock_mode <> 'system' LIMIT ${DUE_TENANTS})) due
     UNION ALL
     SELECT NULL, least(
       (SELECT extract(epoch FROM due_at - now()) * 1000 FROM planned_publish WHERE NOT own_clock AND due_at > now()
        ORDER BY due_at LIMIT 1),
       (SELECT min(extract(epoch FROM p.due_at - ${tenantNowSql('t')}) * 1000 / t.clock_rate)
        FROM tenant t CROSS JOIN LATERAL (SELECT due_at FROM planned_publish WHERE own_clock AND tenant_id = t.id
          AND due_at > ${tenantNowSql('t')} ORDER BY due_at LIMIT 1) p
        WHERE t.clock_mode <> 'system' AND t.clock_mode = 'scaled'))::float8`,
  );
  return {
    tenantIds: rows.flatMap(({ tenant_id }) => (tenant_id === null ? [] : [tenant_id])),
    nextDueMs: rows.find(({ tenant_id }) => tenant_id === null)?.next_due_ms ?? null,
  };
}

/** Newest first. */
export async function listSchedules(
  client: Queryable,
  tenantId: string,
  { before, limit }: { before: string | null; limit: number },
): Promise<PlanOf<{ cron: string }>[]> {
  const { rows } = await client.query<PlanRow>(
    `SELECT ${COLUMNS} FROM planned_publish WHERE tenant_id = $1 AND cron IS NOT NULL AND ($2::uuid IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [tenantId, before, limit],
  );
  return rows.map((row) => toPlan(row) as PlanOf<{ cron: string }>);
}

/** All of them. */
export async function schedulesOf(client: Queryable, tenantId: string): Promise<PlanOf<{ cron: string }>[]> {
  const { rows } = await client.query<PlanRow>(
    `SELECT ${COLUMNS} FROM planned_publish WHERE tenant_id = $1 AND cron IS NOT NULL ORDER BY id`,
    [tenantId],
  );
  return rows.map((row) => toPlan(row) as PlanOf<{ cron: string }>);
}

export async function findSchedule(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<PlanOf<{ cron: string }> | null> {
  const { rows } = await client.query<PlanRow>(
    `SELECT ${COLUMNS} FROM planned_publish WHERE tenant_id = $1 AND id = $2 AND cron IS NOT NULL`,
    [tenantId, id],
  );
  return rows[0] ? (toPlan(rows[0]) as PlanOf<{ cron: string }>) : null;
}

/** @returns whether there was one. */
export async function deleteSchedule(client: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'DELETE FROM planned_publish WHERE tenant_id = $1 AND id = $2 AND cron IS NOT NULL',
    [tenantId, id],
  );
  return (rowCount ?? 0) > 0;
}

/** Runs with steps to come, newest first. */
export async function listRuns(
  client: Queryable,
  tenantId: string,
  { before, limit }: { before: string | null; limit: number },
): Promise<string[]> {
  const { rows } = await client.query<{ run_id: string }>(
    `SELECT DISTINCT run_id FROM planned_publish WHERE tenant_id = $1 AND run_id IS NOT NULL
       AND ($2::uuid IS NULL OR run_id < $2) ORDER BY run_id DESC LIMIT $3`,
    [tenantId, before, limit],
  );
  return rows.map(({ run_id }) => run_id);
}

/** Steps to come of these runs, each run's in their order. */
export async function stepsOf(
  client: Queryable,
  tenantId: string,
  runIds: readonly string[],
): Promise<PlanOf<PlannedStep>[]> {
  const { rows } = await client.query<PlanRow>(
    `SELECT ${COLUMNS} FROM planned_publish WHERE tenant_id = $1 AND run_id = ANY($2::uuid[]) ORDER BY run_id, step`,
    [tenantId, runIds],
  );
  return rows.map((row) => toPlan(row) as PlanOf<PlannedStep>);
}

/** @returns how many steps will not come now. */
export async function deleteRun(client: Queryable, tenantId: string, runId: string): Promise<number> {
  const { rowCount } = await client.query(
    'DELETE FROM planned_publish WHERE tenant_id = $1 AND run_id = $2',
    [tenantId, runId],
  );
  return rowCount ?? 0;
}

function toPlan(row: PlanRow): Plan {
  return {
    id: row.id,
    kind: kindOf(row),
    input: row.copy_of === null ? (JSON.parse(row.input) as PlannedInput) : { provider: '', type: '' },
    dueAtMs: row.due_at?.getTime() ?? null,
    refused: row.refused,
    createdAtMs: row.created_at.getTime(),
  };
}

function kindOf(row: PlanRow): Plan['kind'] {
  if (row.cron !== null) return { cron: row.cron };
  if (row.copy_of !== null) return { copyOf: row.copy_of, copy: JSON.parse(row.input) as CopyInput };
  return { runId: row.run_id!, scenario: row.scenario!, seed: row.seed!, step: row.step! };
}
