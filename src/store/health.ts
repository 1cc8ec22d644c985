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

/** Locked in one order by everybody, so that two batches never wait for each other. $1 tenants · $2 subscriptions */
export const healthRowsSql = `SELECT s.id, s.status, s.health FROM subscription s
  WHERE (s.tenant_id, s.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
  ORDER BY s.tenant_id, s.id FOR NO KEY UPDATE`;

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

/** Which claims are still ours, locked. $1 JSON */
export const ownedSql = `SELECT d.id, d.own_clock, d.due_at, d.created_at, d.prior_status, d.prior_reason
  FROM json_to_recordset($1::json) AS x("tenantId" uuid, id uuid, token bigint)
  JOIN open_delivery d ON d.tenant_id = x."tenantId" AND d.id = x.id AND d.token = x.token
  ORDER BY d.tenant_id, d.id FOR UPDATE OF d`;

/** The revision grows only when what may be sent changes: a dispatcher reads the subscription anew then. */
export async function saveHealth(
  client: Queryable,
  move: { tenantId: string; subscriptionId: string; status: string; health: HealthMemory | null },
): Promise<void> {
  await client.query(
    `UPDATE subscription SET health = $4::jsonb, revision = revision + CASE WHEN status = $3 THEN 0 ELSE 1 END, status = $3
     WHERE tenant_id = $1 AND id = $2`,
    [
      move.tenantId,
      move.subscriptionId,
      move.status,
      move.health === null ? null : JSON.stringify(move.health),
    ],
  );
}
