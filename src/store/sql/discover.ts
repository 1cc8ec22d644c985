/**
 * DISCOVER: which lanes have something claimable, whoever left it there: the backstop behind every wake-up, and how a dead
 * process's expired leases are found. A loose index scan, one probe a lane; the lease filter keeps lanes out that only
 * have something in flight (without it 3,300 of 4,900 claims came back empty). Each comes with its oldest instant, for a
 * claim reads a lane from one on.
 *
 * $1 last lane seen, 0 at first · $2 page, lanes a state
 */
export const DISCOVER_SQL = [0, 1]
  .map(
    (state) => `(WITH RECURSIVE l(lane, due_at, k) AS (
  (SELECT lane, due_at, 1 FROM open_delivery
   WHERE state = ${state} AND lane > $1::int AND (lease_until IS NULL OR lease_until < now())
   ORDER BY lane, due_at LIMIT 1)
  UNION ALL
  SELECT n.lane, n.due_at, k + 1 FROM l CROSS JOIN LATERAL (SELECT d.lane, d.due_at FROM open_delivery d
    WHERE d.state = ${state} AND d.lane > l.lane AND (d.lease_until IS NULL OR d.lease_until < now())
    ORDER BY d.lane, d.due_at LIMIT 1) n
  WHERE k < $2::int)
SELECT lane, ${state} AS state, extract(epoch FROM due_at)::float8 * 1000 AS "sinceMs" FROM l)`,
  )
  .join('\nUNION ALL\n');
