import { type Queryable, tenantNowSql } from './tenant-clock.js';

/** One more attempt of finished deliveries: the same row again, with what it was to fall back to. */
const REOPEN = `INSERT INTO open_delivery
    (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, tries, due_at, created_at, prior_status, prior_reason)
  SELECT f.tenant_id, f.id, f.event_id, f.subscription_id, s.lane, 0, 1, t.clock_mode <> 'system', f.tries,
    ${tenantNowSql('t')}, f.created_at, f.status, f.reason
  FROM finished_delivery f
  JOIN subscription s ON s.tenant_id = f.tenant_id AND s.id = f.subscription_id AND s.deleted_at IS NULL
  JOIN tenant t ON t.id = f.tenant_id`;

/** @returns the lane, or null when it is being sent already. */
export async function reopenOne(
  client: Queryable,
  tenantId: string,
  deliveryId: string,
): Promise<number | null> {
  const { rows } = await client.query<{ lane: number }>(
    `${REOPEN} WHERE f.tenant_id = $1 AND f.id = $2 ON CONFLICT (tenant_id, id) DO NOTHING RETURNING lane`,
    [tenantId, deliveryId],
  );
  return rows[0]?.lane ?? null;
}

export interface ReopenRange {
  tenantId: string;
  subscriptionId: string;
  /** Tenant time of creation, milliseconds, the end not included; null = no end. */
  sinceMs: number;
  untilMs: number | null;
  /** `failed`, or cancelled without ever being attempted. */
  which: 'failed' | 'neverAttempted';
}

/** @returns how many. */
export async function reopenRange(client: Queryable, range: ReopenRange): Promise<number> {
  const which = range.which === 'failed' ? `f.status = 'failed'` : `f.status = 'cancelled' AND f.tries = 0`;
  const { rowCount } = await client.query(
    `${REOPEN} WHERE f.tenant_id = $1 AND f.subscription_id = $2 AND ${which}
       AND f.created_at >= to_timestamp($3::float8 / 1000) AND ($4::float8 IS NULL OR f.created_at < to_timestamp($4::float8 / 1000))
     ORDER BY f.id ON CONFLICT (tenant_id, id) DO NOTHING RETURNING lane`,
    [range.tenantId, range.subscriptionId, range.sinceMs, range.untilMs],
  );
  return rowCount ?? 0;
}

/** A waiting delivery is due now, ahead of other retries: somebody asked for it. @returns its lane, or null when it does not wait. */
export async function makeDueNow(
  client: Queryable,
  tenantId: string,
  deliveryId: string,
): Promise<number | null> {
  const { rows } = await client.query<{ lane: number }>(
    `UPDATE open_delivery d SET state = 0, due_at = ${tenantNowSql('t')}
     FROM tenant t WHERE t.id = d.tenant_id AND d.tenant_id = $1 AND d.id = $2 AND d.state IN (2, 3) RETURNING d.lane`,
    [tenantId, deliveryId],
  );
  return rows[0]?.lane ?? null;
}
