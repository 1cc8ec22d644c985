import { type Queryable, tenantNowSql } from './tenant-clock.js';

/** What a tenant may be told of a subscription. */
export interface Turn {
  tenantId: string;
  subscriptionId: string;
  provider: string;
  status: string;
  /** Who turned it: its health, the endpoint's own answer, or a person. */
  cause: 'health' | 'endpoint' | 'user';
  /** Tenant time from which its endpoint is taken to fail, milliseconds; null where nothing says so. */
  sinceMs: number | null;
}

const TOLD = ['unhealthy', 'failed', 'disabled'];

/** Puts it into the outbox, in the transaction that turns the subscription, where its tenant wants to be told. */
export async function noteTurn(client: Queryable, turn: Turn): Promise<void> {
  if (!TOLD.includes(turn.status)) return;
  await client.query(
    `INSERT INTO notification (tenant_id, subscription_id, provider, status, cause, since, at)
     SELECT t.id, $2, $3, $4, $5, $6, ${tenantNowSql('t')} FROM tenant t WHERE t.id = $1 AND t.notify_url IS NOT NULL`,
    [
      turn.tenantId,
      turn.subscriptionId,
      turn.provider,
      turn.status,
      turn.cause,
      turn.sinceMs === null ? null : new Date(turn.sinceMs),
    ],
  );
}

export interface ClaimedNotification {
  id: string;
  tenant_id: string;
  subscription_id: string;
  provider: string;
  status: string;
  cause: string;
  since: Date | null;
  at: Date;
  tries: number;
  /** Null when the tenant does not want to be told any more. */
  notify_url: string | null;
}

/** Those that are due, in this process's hands for `leaseMs`; after that another one may take them. */
export async function claimNotifications(
  client: Queryable,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<ClaimedNotification[]> {
  const { rows } = await client.query<ClaimedNotification>(
    `UPDATE notification n SET lease_until = now() + $2 * interval '1 millisecond' FROM tenant t
     WHERE t.id = n.tenant_id AND n.id IN (
       SELECT id FROM notification WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now())
       ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING n.id, n.tenant_id, n.subscription_id, n.provider, n.status, n.cause, n.since, n.at, n.tries, t.notify_url`,
    [limit, leaseMs],
  );
  return rows;
}

/** It was told, or nobody is told any more. */
export async function dropNotification(client: Queryable, id: string): Promise<void> {
  await client.query('DELETE FROM notification WHERE id = $1', [id]);
}

export async function postponeNotification(client: Queryable, id: string, delayMs: number): Promise<void> {
  await client.query(
    `UPDATE notification SET tries = tries + 1, lease_until = NULL, due_at = now() + $2 * interval '1 millisecond' WHERE id = $1`,
    [id, delayMs],
  );
}

/** Real milliseconds until the next one is due, those in somebody's hands included; null when there is none. */
export async function nextNotificationMs(client: Queryable): Promise<number | null> {
  const { rows } = await client.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(greatest(due_at, lease_until)) - now()) * 1000)::float8 AS ms FROM notification`,
  );
  return rows[0]?.ms ?? null;
}
