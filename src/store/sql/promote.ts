import { tenantNowSql } from '../tenant-clock.js';

/** Rows promoted in one go. A clock jump that makes 100,000 rows due is taken in such steps. */
export const PROMOTE_LIMIT = 500;

const READY = `state = CASE WHEN tries = 0 THEN 0 ELSE 1 END`;

/**
 * PROMOTE: what waited and is due becomes ready, on the database's clock and on each tenant's own, and says when the next
 * is due. Due or not is a state, so that the claim never compares instants: 1 M waiting rows cost 0.45 ms here and
 * nothing there. Answers one row a lane made ready, with its oldest instant, then one row with the milliseconds to the next due instant or null.
 */
export const PROMOTE_SQL = `WITH a AS MATERIALIZED (
  SELECT ctid FROM open_delivery WHERE state = 2 AND due_at <= now() ORDER BY due_at LIMIT ${PROMOTE_LIMIT} FOR UPDATE SKIP LOCKED),
b AS MATERIALIZED (
  SELECT d.ctid FROM tenant t CROSS JOIN LATERAL (
    SELECT ctid FROM open_delivery WHERE state = 3 AND tenant_id = t.id AND due_at <= ${tenantNowSql('t')}
    ORDER BY due_at LIMIT ${PROMOTE_LIMIT} FOR UPDATE SKIP LOCKED) d
  WHERE t.clock_mode <> 'system' LIMIT ${PROMOTE_LIMIT}),
u AS (UPDATE open_delivery SET ${READY}
  WHERE ctid = ANY(ARRAY(SELECT ctid FROM a UNION ALL SELECT ctid FROM b)) RETURNING lane, state, due_at)
SELECT lane, state, count(*)::int AS count, extract(epoch FROM min(due_at))::float8 * 1000 AS since_ms,
  NULL::float8 AS next_due_ms FROM u GROUP BY lane, state
UNION ALL
SELECT NULL, NULL, NULL, NULL, least(
  (SELECT extract(epoch FROM due_at - now()) * 1000 FROM open_delivery WHERE state = 2 AND due_at > now() ORDER BY due_at LIMIT 1),
  (SELECT min(extract(epoch FROM d.due_at - ${tenantNowSql('t')}) * 1000 / t.clock_rate)
   FROM tenant t CROSS JOIN LATERAL (SELECT due_at FROM open_delivery WHERE state = 3 AND tenant_id = t.id
     AND due_at > ${tenantNowSql('t')} ORDER BY due_at LIMIT 1) d
   WHERE t.clock_mode <> 'system' AND t.clock_mode = 'scaled'))::float8`;

/** PROMOTE ONE TENANT up to an instant its clock has reached: the step of an advance. $1 tenant · $2 instant · $3 limit */
export const PROMOTE_TENANT_SQL = `WITH c AS MATERIALIZED (
  SELECT ctid FROM open_delivery WHERE state = 3 AND tenant_id = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3 FOR UPDATE),
u AS (UPDATE open_delivery SET ${READY} WHERE ctid = ANY(ARRAY(SELECT ctid FROM c)) RETURNING lane)
SELECT lane, count(*)::int AS count FROM u GROUP BY lane`;
