import type { HealthMemory } from './health.js';
import { runLong } from './run-long.js';
import { shiftedSql } from './shifted.js';
import { type ClockMode, type Queryable, tenantNowSql } from './tenant-clock.js';

export interface ClockSetting {
  mode: ClockMode;
  rate: number;
  /** Tenant time it starts from, milliseconds; ignored on the system clock. */
  nowMs: number;
  wire: 'wall' | 'virtual';
}

/** Writes the clock. Every dispatcher reads the tenant's subscriptions anew after it. */
export async function setClock(client: Queryable, tenantId: string, clock: ClockSetting): Promise<void> {
  const own = clock.mode !== 'system';
  await client.query(
    `UPDATE tenant SET clock_mode = $2, clock_rate = $3, wire = $4,
       clock_anchor = CASE WHEN $5 THEN to_timestamp($6::float8 / 1000) END, clock_anchored_at = CASE WHEN $5 THEN now() END
     WHERE id = $1`,
    [tenantId, clock.mode, clock.rate, clock.wire, own, clock.nowMs],
  );
  await client.query('UPDATE subscription SET revision = revision + 1 WHERE tenant_id = $1', [tenantId]);
}

/**
 * Open deliveries live on the tenant's own clock from now on, or on the database's. Rows in flight too: their outcome is
 * written by what their row says then.
 * @param byMs how far their instants move, milliseconds.
 */
export async function rehome(
  client: Queryable,
  tenantId: string,
  ownClock: boolean,
  byMs: number,
): Promise<void> {
  await runLong(
    client,
    `UPDATE open_delivery SET own_clock = $2,
       state = CASE WHEN state IN (2, 3) THEN CASE WHEN $2 THEN 3 ELSE 2 END ELSE state END,
       due_at = ${shiftedSql('due_at', '$3')}, created_at = ${shiftedSql('created_at', '$3')},
       first_at = ${shiftedSql('first_at', '$3')}
     WHERE tenant_id = $1`,
    [tenantId, ownClock, byMs],
  );
}

/** Secrets with their overlaps and what health remembers move with a clock that is set back. */
export async function shiftSubscriptions(
  client: Queryable,
  {
    tenantId,
    byMs,
    shift,
  }: { tenantId: string; byMs: number; shift(memory: HealthMemory, byMs: number): HealthMemory },
): Promise<void> {
  await client.query(
    `UPDATE subscription_secret SET created_at = ${shiftedSql('created_at', '$2')},
       expires_at = ${shiftedSql('expires_at', '$2')} WHERE tenant_id = $1`,
    [tenantId, byMs],
  );
  const { rows } = await client.query<{ id: string; health: HealthMemory }>(
    'SELECT id, health FROM subscription WHERE tenant_id = $1 AND health IS NOT NULL ORDER BY id FOR NO KEY UPDATE',
    [tenantId],
  );
  for (const { id, health } of rows) {
    await client.query('UPDATE subscription SET health = $3::jsonb WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      id,
      JSON.stringify(shift(health, byMs)),
    ]);
  }
}

export async function hasEvents(client: Queryable, tenantId: string): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM event WHERE tenant_id = $1 LIMIT 1', [tenantId]);
  return rows.length > 0;
}

/** The database's clock, milliseconds. */
export async function databaseNow(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ now: Date }>(`SELECT date_trunc('milliseconds', now()) AS now`);
  return rows[0]!.now.getTime();
}

/** The first instant at which something of the tenant is due or planned, on whichever clock it lives. */
export async function firstDue(client: Queryable, tenantId: string): Promise<number | null> {
  const { rows } = await client.query<{ due_at: Date | null }>(
    `SELECT least((SELECT min(due_at) FROM open_delivery WHERE tenant_id = $1 AND state < 4),
       (SELECT min(due_at) FROM planned_publish WHERE tenant_id = $1)) AS due_at`,
    [tenantId],
  );
  return rows[0]?.due_at?.getTime() ?? null;
}

/** Seconds since a dispatcher was last seen; null when there never was one. */
export async function dispatcherSeenAgo(client: Queryable): Promise<number | null> {
  const { rows } = await client.query<{ ago: number | null }>(
    'SELECT extract(epoch FROM now() - max(seen_at))::float8 AS ago FROM dispatcher',
  );
  return rows[0]?.ago ?? null;
}

/** Empties a tenant, but for itself and its keys. In-flight attempts find nothing to settle and are dropped. */
export async function emptyTenant(client: Queryable, tenantId: string): Promise<void> {
  await client.query(`SELECT ${tenantNowSql('t')} FROM tenant t WHERE id = $1 FOR UPDATE`, [tenantId]);
  const tables = [
    'open_delivery',
    'finished_delivery',
    'attempt',
    'event',
    'fault_mark',
    'fault',
    'fault_target',
    'subscription_secret',
    'subscription',
    'tenant_provider',
    'door_record',
    'planned_publish',
    'application_limit',
    'notification',
    'door_pass',
    'clock_run',
  ];
  for (const table of tables) await runLong(client, `DELETE FROM ${table} WHERE tenant_id = $1`, [tenantId]);
  await client.query(
    `UPDATE tenant SET clock_mode = 'system', clock_rate = 1, clock_anchor = NULL, clock_anchored_at = NULL, wire = 'wall'
     WHERE id = $1`,
    [tenantId],
  );
}
