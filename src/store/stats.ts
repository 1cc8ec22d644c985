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

/**
 * Attempts are read once and counted by what they have in common; all the rest is made of those counts (0.56 s instead of 0.85
 * for 100,000 attempts, embedded).
 * @param sinceMs tenant time; what was created before does not count. Null = all that is kept.
 */
export async function readStats(
  client: Queryable,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
  sinceMs: number | null,
): Promise<StatsRow> {
  const { rows } = await client.query<StatsRow>(
    `WITH open AS MATERIALIZED (SELECT id, created_at FROM open_delivery WHERE tenant_id = $1 AND subscription_id = $2),
     ended AS MATERIALIZED (SELECT id, status FROM finished_delivery WHERE tenant_id = $1 AND subscription_id = $2
       AND ($3::timestamptz IS NULL OR created_at >= $3) AND NOT coalesce(id IN (SELECT id FROM open), false)),
     pending AS (SELECT id FROM open WHERE $3::timestamptz IS NULL OR created_at >= $3),
     tried AS MATERIALIZED (
       SELECT a.response_status, a.duration_ms, a.outcome, a.number > 1 AND a.trigger = ${TRIGGERS.indexOf('scheduled')} AS again,
         count(*)::int AS n
       FROM (SELECT id FROM ended UNION ALL SELECT id FROM pending) x
       CROSS JOIN LATERAL (SELECT response_status, duration_ms, outcome, number, trigger FROM attempt
         WHERE tenant_id = $1 AND delivery_id = x.id OFFSET 0) a GROUP BY 1, 2, 3, 4),
     slow AS (SELECT duration_ms, sum(n) OVER (ORDER BY duration_ms) AS upto, sum(n) OVER () AS total FROM tried)
     SELECT (SELECT count(*)::int FROM ended WHERE status = 'delivered') AS delivered,
       (SELECT count(*)::int FROM ended WHERE status = 'failed') AS failed,
       (SELECT count(*)::int FROM pending) AS pending,
       (SELECT coalesce(json_object_agg(code, n), '{}') FROM (
         SELECT coalesce(response_status::text, 'none') AS code, sum(n) AS n FROM tried GROUP BY 1 ORDER BY 1) c) AS by_code,
       (SELECT coalesce(sum(n), 0)::int FROM tried WHERE outcome <> 'superseded') AS attempts,
       (SELECT coalesce(sum(n), 0)::int FROM tried WHERE outcome IN ('retry', 'failed')) AS failed_attempts,
       (SELECT coalesce(sum(n), 0)::int FROM tried WHERE outcome <> 'superseded' AND again) AS retries,
       (SELECT min(duration_ms) FROM slow WHERE upto >= 0.95 * total) AS p95_ms`,
    [tenantId, subscriptionId, sinceMs === null ? null : new Date(sinceMs)],
  );
  return rows[0]!;
}
