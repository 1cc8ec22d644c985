import { type Queryable, tenantNowSql } from './tenant-clock.js';

/**
 * Opens finished deliveries again, where the clock stands: one more attempt, the same row again with what it falls back to.
 * One lookup by key for each: plain joins are planned as 12,345 rows times 2,000 ids (12 s).
 * @param schedule which of them begin their schedule instead, SQL over `f`.
 * @param where which of them at all.
 */
export const reopenSql = (schedule: string, where: string) => `INSERT INTO open_delivery
    (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, tries, due_at, created_at, prior_status, prior_reason)
  SELECT f.tenant_id, f.id, f.event_id, f.subscription_id, s.lane, 0, CASE WHEN ${schedule} THEN 0 ELSE 1 END,
    t.clock_mode <> 'system', f.tries, ${tenantNowSql('t')}, f.created_at,
    CASE WHEN NOT (${schedule}) THEN f.status END, CASE WHEN NOT (${schedule}) THEN f.reason END
  FROM tenant t CROSS JOIN unnest($2::uuid[]) AS x(id)
  CROSS JOIN LATERAL (SELECT * FROM finished_delivery WHERE tenant_id = $1 AND id = x.id LIMIT 1) f
  CROSS JOIN LATERAL (SELECT lane FROM subscription
    WHERE tenant_id = $1 AND id = f.subscription_id AND deleted_at IS NULL LIMIT 1) s
  WHERE t.id = $1 AND ${where} ORDER BY f.id FOR SHARE OF t
  ON CONFLICT (tenant_id, id) DO NOTHING RETURNING id, lane`;

const REOPEN_ANY = reopenSql('false', 'true');

/**
 * Must run in a transaction. One that was sent once more and settled since the statement looked is left alone: now that its
 * row is ours, a second look cannot miss that.
 * @returns the lanes, one for each that is open now; what is on its way already is not among them.
 */
export async function reopen(
  client: Queryable,
  tenantId: string,
  { ids, sql = REOPEN_ANY }: { ids: readonly string[]; sql?: string },
): Promise<number[]> {
  const { rows } = await client.query<{ id: string; lane: number }>(sql, [tenantId, ids]);
  const { rows: late } = await client.query<{ id: string }>(
    `DELETE FROM open_delivery WHERE ctid = ANY(ARRAY(
       SELECT o.ctid FROM unnest($2::uuid[]) AS x(id)
       CROSS JOIN LATERAL (SELECT ctid, tries FROM open_delivery WHERE tenant_id = $1 AND id = x.id LIMIT 1) o
       WHERE o.tries <> (SELECT tries FROM finished_delivery WHERE tenant_id = $1 AND id = x.id LIMIT 1))) RETURNING id`,
    [tenantId, rows.map((row) => row.id)],
  );
  const left = new Set(late.map((row) => row.id));
  return rows.filter((row) => !left.has(row.id)).map((row) => row.lane);
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
