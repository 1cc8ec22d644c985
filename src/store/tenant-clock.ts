import type pg from 'pg';

/** Anything that runs a statement: a pool, or a client inside a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(
    text: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

export type ClockMode = 'system' | 'scaled' | 'manual';

/** A tenant's clock at one reading. */
export interface ClockReading {
  mode: ClockMode;
  /** Tenant seconds per real second; 1 on the system clock, 0 while it stands. */
  rate: number;
  /** Tenant time, milliseconds. */
  nowMs: number;
  wire: 'wall' | 'virtual';
  /** What its row was set to; null on the system clock. */
  anchor: Date | null;
}

/**
 * SQL for the tenant's now. Built on `now()`, which is stable, so that it can stand in an index condition:
 * `clock_timestamp()` there is volatile and turns 0.25 ms into 45.
 * @param alias of the `tenant` row in the statement.
 */
export function tenantNowSql(alias: string): string {
  return `CASE ${alias}.clock_mode
    WHEN 'system' THEN date_trunc('milliseconds', now())
    WHEN 'manual' THEN ${alias}.clock_anchor
    ELSE date_trunc('milliseconds', ${alias}.clock_anchor + (now() - ${alias}.clock_anchored_at) * ${alias}.clock_rate) END`;
}

/** @param lock `share` keeps the clock where it is until the transaction ends; `update` is for moving it. */
export async function readTenantClock(
  client: Queryable,
  tenantId: string,
  lock: 'none' | 'share' | 'update' = 'none',
): Promise<ClockReading | null> {
  const locking = { none: '', share: 'FOR SHARE', update: 'FOR NO KEY UPDATE' }[lock];
  const { rows } = await client.query<{
    mode: ClockMode;
    rate: number;
    now: Date;
    wire: 'wall' | 'virtual';
    anchor: Date | null;
  }>({
    name: `tenant_clock_${lock}`,
    text: `SELECT clock_mode AS mode, clock_rate AS rate, wire, clock_anchor AS anchor, ${tenantNowSql('t')} AS now
        FROM tenant t WHERE id = $1 ${locking}`,
    values: [tenantId],
  });
  const row = rows[0];
  return row
    ? { mode: row.mode, rate: row.rate, nowMs: row.now.getTime(), wire: row.wire, anchor: row.anchor }
    : null;
}

/** Tenant time, milliseconds. @throws when there is no such tenant. */
export async function readTenantNow(client: Queryable, tenantId: string): Promise<number> {
  const clock = await readTenantClock(client, tenantId);
  if (!clock) throw new Error(`no tenant ${tenantId}`);
  return clock.nowMs;
}

/** The clocks of these tenants stay where they are until the transaction ends. */
export async function holdClocks(client: Queryable, tenantIds: readonly string[]): Promise<void> {
  await client.query('SELECT 1 FROM tenant WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE', [tenantIds]);
}
