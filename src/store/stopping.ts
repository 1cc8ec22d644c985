import { runLong } from './run-long.js';
import { type Queryable, tenantNowSql } from './tenant-clock.js';

/**
 * What happens to a subscription's open deliveries when it stops or goes on. All of it runs inside the transaction that
 * changes the subscription. Attempts in flight are never touched: a held row keeps its lease, and its outcome still counts.
 */

/** The status, which then stays until the transaction ends; null when the subscription was deleted. */
export async function lockStatus(
  client: Queryable,
  tenantId: string,
  subscriptionId: string,
): Promise<string | null> {
  const { rows } = await client.query<{ status: string }>(
    `SELECT status FROM subscription WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE`,
    [tenantId, subscriptionId],
  );
  return rows[0]?.status ?? null;
}

/** Nothing more is sent until `releaseHeld`. */
export async function holdOpen(client: Queryable, tenantId: string, subscriptionId: string): Promise<void> {
  await runLong(
    client,
    'UPDATE open_delivery SET state = 4 WHERE tenant_id = $1 AND subscription_id = $2 AND state < 4',
    [tenantId, subscriptionId],
  );
}

/** What is held becomes due now. One state for all of it, so that it goes out in order of creation. */
export async function releaseHeld(
  client: Queryable,
  tenantId: string,
  subscriptionId: string,
): Promise<void> {
  await runLong(
    client,
    `UPDATE open_delivery d SET state = 0, due_at = ${tenantNowSql('t')} FROM tenant t
     WHERE t.id = d.tenant_id AND d.tenant_id = $1 AND d.subscription_id = $2 AND d.state = 4`,
    [tenantId, subscriptionId],
  );
}

/**
 * Withdraws what has not been sent; what is in flight ends with its attempt. A resend of a finished delivery falls back to
 * what it was.
 * @param reason as the API shows it: `subscription_deleted`, `endpoint_disabled`, …
 */
export async function cancelOpen(
  client: Queryable,
  tenantId: string,
  subscriptionId: string,
  reason: string,
): Promise<void> {
  await client.query(
    `UPDATE open_delivery SET state = 5, prior_status = coalesce(prior_status, 'cancelled'),
       prior_reason = CASE WHEN prior_status IS NULL THEN $3 ELSE prior_reason END
     WHERE tenant_id = $1 AND subscription_id = $2 AND lease_until >= now()`,
    [tenantId, subscriptionId, reason],
  );
  await runLong(
    client,
    `WITH gone AS (DELETE FROM open_delivery WHERE tenant_id = $1 AND subscription_id = $2
       AND (lease_until IS NULL OR lease_until < now()) RETURNING *)
     ${intoHistory('gone', '$3')}`,
    [tenantId, subscriptionId, reason],
  );
}

/** One delivery that is waiting or held. @returns false when it is in flight or finished. */
export async function cancelOne(
  client: Queryable,
  tenantId: string,
  deliveryId: string,
  reason: string,
): Promise<boolean> {
  const { rows } = await client.query<{ cancelled: number }>(
    `WITH gone AS (DELETE FROM open_delivery WHERE tenant_id = $1 AND id = $2
       AND (lease_until IS NULL OR lease_until < now()) RETURNING *),
     history AS (${intoHistory('gone', '$3')})
     SELECT count(*)::int AS cancelled FROM gone`,
    [tenantId, deliveryId, reason],
  );
  return rows[0]!.cancelled > 0;
}

/** Withdrawn deliveries whose sender died before the last attempt settled. */
export async function endAbandoned(client: Queryable): Promise<void> {
  await client.query(
    `WITH gone AS (DELETE FROM open_delivery WHERE state = 5 AND (lease_until IS NULL OR lease_until < now()) RETURNING *)
     ${intoHistory('gone', 'gone.prior_reason')}`,
  );
}

/**
 * Withdrawn deliveries that were given back unsent. After the statement that gave them back, never within it: what is
 * withdrawn while that one runs has no lease any more, and ends with the withdrawal.
 */
export async function endGivenBack(
  client: Queryable,
  given: readonly { tenantId: string; id: string }[],
): Promise<void> {
  await client.query(
    `WITH gone AS (DELETE FROM open_delivery d USING json_to_recordset($1::json) AS x("tenantId" uuid, id uuid)
       WHERE d.tenant_id = x."tenantId" AND d.id = x.id AND d.state = 5 AND d.token IS NULL RETURNING d.*)
     ${intoHistory('gone', 'gone.prior_reason')}`,
    [JSON.stringify(given)],
  );
}

/** One that was opened again falls back to what it was, but for the attempts that it has had since. */
function intoHistory(source: string, reason: string): string {
  return `INSERT INTO finished_delivery
      (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
    SELECT ${source}.tenant_id, ${source}.id, ${source}.event_id, ${source}.subscription_id, 'cancelled', ${reason},
      ${source}.trigger, ${source}.tries, ${source}.created_at, ${tenantNowSql('t')}
    FROM ${source} JOIN tenant t ON t.id = ${source}.tenant_id
    ON CONFLICT (tenant_id, id) DO UPDATE SET tries = excluded.tries`;
}
