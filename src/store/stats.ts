import { NOT_REOPENED } from './history.js';
import { TRIGGERS } from './queue.js';
import type { Queryable } from './tenant-clock.js';

export interface StatsRow {
  delivered: number;
  failed: number;
  pending: number;
  by_code: Record<string, number>;
  p95_ms: number | null;
  attempts: number;
  failed_attempts: number;
  /** Attempts that the schedule made after the first. */
  retries: number;
}

/** @param sinceMs tenant time; what was created before does not count. Null = all that is kept. */
export async function readStats(
  client: Queryable,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
  sinceMs: number | null,
): Promise<StatsRow> {
  const { rows } = await client.query<StatsRow>(
    `WITH ended AS (SELECT id, status FROM finished_delivery d
       WHERE tenant_id = $1 AND subscription_id = $2 AND ($3::timestamptz IS NULL OR created_at >= $3) AND ${NOT_REOPENED}),
     open AS (SELECT id FROM open_delivery
       WHERE tenant_id = $1 AND subscription_id = $2 AND ($3::timestamptz IS NULL OR created_at >= $3)),
     tried AS (SELECT a.response_status, a.duration_ms, a.outcome, a.number, a.trigger FROM (SELECT id FROM ended UNION ALL SELECT id FROM open) x
       JOIN attempt a ON a.tenant_id = $1 AND a.delivery_id = x.id)
     SELECT (SELECT count(*)::int FROM ended WHERE status = 'delivered') AS delivered,
       (SELECT count(*)::int FROM ended WHERE status = 'failed') AS failed,
       (SELECT count(*)::int FROM open) AS pending,
       (SELECT coalesce(json_object_agg(code, n), '{}') FROM (
         SELECT coalesce(response_status::text, 'none') AS code, count(*)::int AS n FROM tried GROUP BY 1 ORDER BY 1) c) AS by_code,
       (SELECT count(*)::int FROM tried WHERE outcome <> 'superseded') AS attempts,
       (SELECT count(*)::int FROM tried WHERE outcome IN ('retry', 'failed')) AS failed_attempts,
       (SELECT count(*)::int FROM tried WHERE outcome <> 'superseded' AND number > 1 AND trigger = ${TRIGGERS.indexOf('scheduled')}) AS retries,
       (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) FROM tried) AS p95_ms`,
    [tenantId, subscriptionId, sinceMs === null ? null : new Date(sinceMs)],
  );
  return rows[0]!;
}
