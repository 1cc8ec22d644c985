import type { Queryable } from './tenant-clock.js';

/**
 * What a subscription remembers of its failures; null = nothing, and then a success changes nothing either.
 * Every number is an instant of tenant time in milliseconds, but `count`.
 */
export interface HealthMemory {
  /** Start and delivery of the last failure in order: a success before it does not heal. */
  lastFailure: readonly [atMs: number, deliveryId: string];
  unhealthySince?: number;
  /** Failures of the last 24 h that could still confirm a span; a handful. */
  failures?: readonly number[];
  failingSince?: number;
  /** Failures in a row. */
  count?: number;
}

export interface HealthRow {
  id: string;
  status: string;
  health: HealthMemory | null;
}

/** $1 tenants · $2 subscriptions */
export const LOCK_HEALTH_SQL = `SELECT s.id, s.status, s.health FROM subscription s
  WHERE (s.tenant_id, s.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
  ORDER BY s.tenant_id, s.id FOR NO KEY UPDATE`;

/** Locked in one order by everybody, so that two batches never wait for each other. */
export async function lockHealth(
  client: Queryable,
  subscriptions: readonly { tenantId: string; id: string }[],
): Promise<HealthRow[]> {
  const { rows } = await client.query<HealthRow>({
    name: 'lock_health',
    text: LOCK_HEALTH_SQL,
    values: [subscriptions.map(({ tenantId }) => tenantId), subscriptions.map(({ id }) => id)],
  });
  return rows;
}

/** A claim that is still ours. */
export interface OwnedRow {
  id: string;
  own_clock: boolean;
  due_at: Date;
  created_at: Date;
  /** Of a resend: what the delivery had come to. */
  prior_status: string | null;
  prior_reason: string | null;
}

/** Which claims are still ours, locked. */
export async function lockOwned(
  client: Queryable,
  claims: readonly { tenantId: string; id: string; token: number }[],
): Promise<OwnedRow[]> {
  const { rows } = await client.query<OwnedRow>({
    name: 'lock_owned',
    text: `SELECT d.id, d.own_clock, d.due_at, d.created_at, d.prior_status, d.prior_reason
      FROM json_to_recordset($1::json) AS x("tenantId" uuid, id uuid, token bigint)
      JOIN open_delivery d ON d.tenant_id = x."tenantId" AND d.id = x.id AND d.token = x.token
      ORDER BY d.tenant_id, d.id FOR UPDATE OF d`,
    values: [JSON.stringify(claims)],
  });
  return rows;
}

export interface SavedHealth {
  tenantId: string;
  subscriptionId: string;
  status: string;
  health: HealthMemory | null;
}

/**
 * All of a batch in one statement: one each cost Noyo's three days a round trip per subscription and batch. The revision grows
 * only when what may be sent changes: a dispatcher reads the subscription anew then.
 */
export async function saveHealth(client: Queryable, moves: readonly SavedHealth[]): Promise<void> {
  if (moves.length === 0) return;
  await client.query({
    name: 'save_health',
    text: `UPDATE subscription s SET health = x.health::jsonb, status = x.status,
        revision = s.revision + CASE WHEN s.status = x.status THEN 0 ELSE 1 END
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS x(tenant_id, id, status, health)
      WHERE s.tenant_id = x.tenant_id AND s.id = x.id`,
    values: [
      moves.map(({ tenantId }) => tenantId),
      moves.map(({ subscriptionId }) => subscriptionId),
      moves.map(({ status }) => status),
      moves.map(({ health }) => (health === null ? null : JSON.stringify(health))),
    ],
  });
}
