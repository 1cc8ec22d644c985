import { OUTCOME_ROWS_SQL } from '../outcome-rows.js';
import { tenantNowSql } from '../tenant-clock.js';

const sameKey = (row: string, given: string) =>
  `${row}.tenant_id = ${given}."tenantId" AND ${row}.id = ${given}.id`;

/**
 * SETTLE: a batch of outcomes in one statement: lock and fence first, and everything else only for rows that are still
 * ours, so a stale worker changes nothing. One parameter holds the batch as text, which is the cheapest form for both sides.
 * Everything is carried through one locked CTE: two joined CTEs are O(n²) without hash joins (122 ms at 474 rows), and a second
 * one beside it costs 3 µs a row for copying it.
 *
 * On a clock of its own an attempt takes no tenant time: its start and end are its due instant. On the database's clock
 * they are the claim's `now()` plus what this process's monotonic clock says has passed. No attempt is due before the one
 * before it ended, though its offset from the first may be over: that one may have been held, or asked for late.
 *
 * A row may have moved to another clock since the statement began. The lock reads it anew, but the update first tries its
 * old version, CHECKs included; so it writes the clock beside the state that goes with it.
 *
 * A row marked `guard` (a success for a subscription whose health could be healed) settles only while there is nothing to
 * heal; the rest come back unsettled and go through the locked path. That is asked by a scalar subquery, because EXISTS
 * becomes a hash of every subscription. Answers the rows that were settled.
 *
 * $1 the batch, of `writeRows`
 */
export const SETTLE_SQL = `WITH x AS MATERIALIZED (${OUTCOME_ROWS_SQL}),
p AS MATERIALIZED (
  SELECT x.*, d.event_id, d.subscription_id, d.state, d.trigger AS because, d.own_clock, d.tries, d.due_at, d.created_at,
    t.start_at, e.ends,
    CASE WHEN NOT e.ends THEN date_trunc('milliseconds', greatest(t.end_at, CASE x.anchor
      WHEN 'first' THEN coalesce(d.first_at, t.start_at) WHEN 'previousStart' THEN t.start_at ELSE t.end_at END
      + x."delayMs" * interval '1 millisecond')) END AS next_at, t.end_at,
    CASE WHEN x.outcome = 'delivered' THEN 'delivered' WHEN e.falls_back THEN d.prior_status ELSE 'failed' END AS end_status,
    CASE WHEN x.outcome = 'delivered' THEN NULL WHEN e.falls_back THEN d.prior_reason ELSE x."endReason" END AS end_reason
  FROM x JOIN open_delivery d ON ${sameKey('d', 'x')} AND d.token = x.token
  CROSS JOIN LATERAL (SELECT
    CASE WHEN d.own_clock THEN d.due_at ELSE to_timestamp(x."startedMs" / 1000) END AS start_at,
    CASE WHEN d.own_clock THEN d.due_at ELSE to_timestamp((x."startedMs" + x."durationMs") / 1000) END AS end_at) t
  CROSS JOIN LATERAL (SELECT x.outcome <> 'retry' OR d.state = 5 AS ends,
    d.prior_status IS NOT NULL AND (x.outcome = 'retry' OR d.trigger = 1) AS falls_back) e
  WHERE NOT x.guard OR (SELECT s.status = 'active' AND s.health IS NULL FROM subscription s
    WHERE s.tenant_id = d.tenant_id AND s.id = d.subscription_id)
  ORDER BY d.tenant_id, d.id FOR UPDATE OF d),
gone AS (DELETE FROM open_delivery d USING p WHERE p.ends AND ${sameKey('d', 'p')}),
again AS (UPDATE open_delivery d SET
    state = CASE WHEN p.state = 4 THEN 4 WHEN p.own_clock THEN 3 ELSE 2 END, own_clock = p.own_clock,
    tries = d.tries + 1, claims = 0, due_at = p.next_at, first_at = coalesce(d.first_at, p.start_at),
    lease_until = NULL, token = NULL
  FROM p WHERE NOT p.ends AND ${sameKey('d', 'p')}),
history AS (INSERT INTO finished_delivery AS f
    (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
  SELECT "tenantId", id, event_id, subscription_id, end_status, end_reason, because, tries + 1, created_at, end_at FROM p WHERE ends
  ON CONFLICT (tenant_id, id) DO UPDATE SET status = excluded.status, reason = excluded.reason, tries = excluded.tries,
    finished_at = CASE WHEN f.status = excluded.status THEN f.finished_at ELSE excluded.finished_at END),
log AS (INSERT INTO attempt
    (tenant_id, id, delivery_id, subscription_id, number, trigger, outcome, reason, due_at, started_at, wall_started_at,
     duration_ms, next_attempt_at, subscription_status, url, request_headers, request_bytes, signature, response_status,
     response_headers, response_body, response_bytes, truncated, timing, faults, request_body)
  SELECT "tenantId", "attemptId", id, subscription_id, tries + 1, because,
    CASE WHEN ends AND outcome = 'retry' THEN 'failed' ELSE outcome END, reason, due_at, start_at,
    to_timestamp("wallStartedMs" / 1000), "durationMs", next_at, "subscriptionStatus", url, "requestHeaders", "requestBytes",
    signature, status, "responseHeaders",
    CASE WHEN "bodyBase64" IS NOT NULL THEN decode("bodyBase64", 'base64') ELSE convert_to("bodyText", 'UTF8') END,
    "responseBytes", truncated, timing, faults, decode("requestBase64", 'base64')
  FROM p)
SELECT id, tries + 1, own_clock, ends, end_status, end_reason, next_at, start_at,
  CASE WHEN own_clock AND next_at IS NOT NULL
    THEN next_at <= (SELECT ${tenantNowSql('t')} FROM tenant t WHERE t.id = p."tenantId") ELSE false END
FROM p`;

/** The columns of a settled row, in order (`rowMode: 'array'`, instants as milliseconds). */
export type SettleColumns = [
  id: string,
  number: number,
  ownClock: boolean,
  ends: boolean,
  endStatus: string,
  endReason: string | null,
  nextAtMs: number | null,
  startAtMs: number,
  overdue: boolean,
];

/**
 * BESIDE THE QUEUE: attempts that settle nothing, recorded because they happened: those whose lease another worker took over,
 * and the copies that a fault makes. After a reset nothing is left to record them for. One that is recorded already was
 * written by a statement whose answer was lost. $1 the batch, of `writeRows`
 */
const besideSql = (outcome: string) => `INSERT INTO attempt
  (tenant_id, id, delivery_id, subscription_id, number, trigger, outcome, reason, due_at, started_at, wall_started_at,
   duration_ms, subscription_status, url, request_headers, request_bytes, signature, response_status, response_headers,
   response_body, response_bytes, truncated, timing, faults, request_body)
SELECT x."tenantId", x."attemptId", x.id, known.subscription_id, x.number, x.trigger, ${outcome}, x.reason,
  to_timestamp(x."dueMs" / 1000), to_timestamp(x."startedMs" / 1000), to_timestamp(x."wallStartedMs" / 1000), x."durationMs",
  x."subscriptionStatus", x.url, x."requestHeaders", x."requestBytes", x.signature, x.status, x."responseHeaders",
  CASE WHEN x."bodyBase64" IS NOT NULL THEN decode(x."bodyBase64", 'base64') ELSE convert_to(x."bodyText", 'UTF8') END,
  x."responseBytes", x.truncated, x.timing, x.faults, decode(x."requestBase64", 'base64')
FROM (${OUTCOME_ROWS_SQL}) AS x
CROSS JOIN LATERAL (
  SELECT subscription_id FROM open_delivery WHERE tenant_id = x."tenantId" AND id = x.id
  UNION ALL
  SELECT subscription_id FROM finished_delivery WHERE tenant_id = x."tenantId" AND id = x.id LIMIT 1) known
ON CONFLICT (tenant_id, id) DO NOTHING`;

export const SUPERSEDED_SQL = besideSql(`'superseded'`);
export const COPIES_SQL = besideSql('x.outcome');
