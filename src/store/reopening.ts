import { type Queryable, tenantNowSql } from './tenant-clock.js';

/**
 * Opens finished deliveries again, where the clock stands: one more attempt, the same row again with what it falls back to.
 * @param schedule which of them begin their schedule instead, SQL over `f`.
 * @param where which of them at all.
 */
export const reopenSql = (schedule: string, where: string) => `INSERT INTO open_delivery
    (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, tries, due_at, created_at, prior_status, prior_reason)
  SELECT f.tenant_id, f.id, f.event_id, f.subscription_id, s.lane, 0, CASE WHEN ${schedule} THEN 0 ELSE 1 END,
    t.clock_mode <> 'system', f.tries, ${tenantNowSql('t')}, f.created_at,
    CASE WHEN NOT (${schedule}) THEN f.status END, CASE WHEN NOT (${schedule}) THEN f.reason END
  FROM unnest($2::uuid[]) AS x(id)
  JOIN finished_delivery f ON f.tenant_id = $1 AND f.id = x.id
  JOIN subscription s ON s.tenant_id = f.tenant_id AND s.id = f.subscription_id AND s.deleted_at IS NULL
  JOIN tenant t ON t.id = f.tenant_id
  WHERE ${where} ORDER BY f.id FOR SHARE OF t
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
    `DELETE FROM open_delivery d USING finished_delivery f
     WHERE d.tenant_id = $1 AND d.id = ANY($2::uuid[]) AND f.tenant_id = $1 AND f.id = d.id AND f.tries <> d.tries RETURNING d.id`,
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
