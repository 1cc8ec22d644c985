import { type Queryable, tenantNowSql } from './tenant-clock.js';

/** Events emptied in one statement. */
const STEP = 500;

const ENDED =
  'NOT EXISTS (SELECT FROM open_delivery d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)';

/**
 * Empties bodies past their tenant's retention, or past `bodyRetentionMs` in their own details where that is over sooner, on the
 * tenant's clock: the event's, and the answers of its attempts. What a
 * delivery still needs stays. Rows stay too; they tell that and when.
 * @param tenantId only this one; null = all.
 * @returns how many events were emptied.
 */
export async function emptyOldBodies(client: Queryable, tenantId: string | null): Promise<number> {
  let total = 0;
  for (let emptied = STEP; emptied >= STEP; ) {
    const { rows } = await client.query<{ emptied: number }>(
      `WITH old AS MATERIALIZED (
         (SELECT e.tenant_id, e.id FROM tenant t CROSS JOIN LATERAL (
           SELECT e.tenant_id, e.id FROM event e WHERE e.tenant_id = t.id AND e.body IS NOT NULL
             AND e.created_at <= ${tenantNowSql('t')} - t.body_retention_ms * interval '1 millisecond'
             AND ${ENDED}
           ORDER BY e.created_at LIMIT ${STEP}) e
         WHERE $1::uuid IS NULL OR t.id = $1 LIMIT ${STEP})
         UNION
         (SELECT e.tenant_id, e.id FROM event e JOIN tenant t ON t.id = e.tenant_id
         WHERE e.body IS NOT NULL AND e.details ? 'bodyRetentionMs' AND ($1::uuid IS NULL OR t.id = $1)
           AND e.created_at <= ${tenantNowSql('t')} - (e.details->>'bodyRetentionMs')::float8 * interval '1 millisecond'
           AND ${ENDED} ORDER BY e.created_at LIMIT ${STEP})),
       events AS (UPDATE event e SET body = NULL FROM old WHERE e.tenant_id = old.tenant_id AND e.id = old.id RETURNING e.id),
       answers AS (UPDATE attempt a SET response_body = NULL, request_body = NULL FROM old
         JOIN finished_delivery f ON f.tenant_id = old.tenant_id AND f.event_id = old.id
         WHERE a.tenant_id = f.tenant_id AND a.delivery_id = f.id AND (a.response_body IS NOT NULL OR a.request_body IS NOT NULL))
       SELECT count(*)::int AS emptied FROM events`,
      [tenantId],
    );
    emptied = rows[0]!.emptied;
    total += emptied;
  }
  return total;
}

/** Says that a dispatcher lives, and forgets those that have not been seen for an hour. */
export async function heartbeat(client: Queryable, dispatcherId: string): Promise<void> {
  await client.query(
    `WITH gone AS (DELETE FROM dispatcher WHERE seen_at < now() - interval '1 hour')
     INSERT INTO dispatcher (id, seen_at) VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
    [dispatcherId],
  );
}

export async function signOff(client: Queryable, dispatcherId: string): Promise<void> {
  await client.query('DELETE FROM dispatcher WHERE id = $1', [dispatcherId]);
}
