import type { Queryable } from './tenant-clock.js';

export interface SecretRow {
  id: string;
  name: string | null;
  created_at: Date;
  expires_at: Date | null;
}

export interface SecretOwner {
  tenantId: string;
  subscriptionId: string;
}

export async function insertSecret(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  secret: { id: string; name: string | null; sealed: Uint8Array; nowMs: number },
): Promise<SecretRow> {
  const { rows } = await client.query<SecretRow>(
    `INSERT INTO subscription_secret (tenant_id, id, subscription_id, name, sealed, created_at)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, name, created_at, expires_at`,
    [tenantId, secret.id, subscriptionId, secret.name, secret.sealed, new Date(secret.nowMs)],
  );
  return rows[0]!;
}

/** Newest first. */
export async function listSecrets(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  { before, limit }: { before: string | null; limit: number },
): Promise<SecretRow[]> {
  const { rows } = await client.query<SecretRow>(
    `SELECT id, name, created_at, expires_at FROM subscription_secret
     WHERE tenant_id = $1 AND subscription_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [tenantId, subscriptionId, before, limit],
  );
  return rows;
}

/** The current one gets an end; one that already had an earlier end keeps it; those past it go. */
export async function expireSecrets(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  { nowMs, untilMs }: { nowMs: number; untilMs: number },
): Promise<void> {
  await client.query(
    'DELETE FROM subscription_secret WHERE tenant_id = $1 AND subscription_id = $2 AND expires_at <= $3',
    [tenantId, subscriptionId, new Date(nowMs)],
  );
  await client.query(
    `UPDATE subscription_secret SET expires_at = least(coalesce(expires_at, $3::timestamptz), $3::timestamptz)
     WHERE tenant_id = $1 AND subscription_id = $2`,
    [tenantId, subscriptionId, new Date(untilMs)],
  );
}

export async function deleteSecrets(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
): Promise<void> {
  await client.query('DELETE FROM subscription_secret WHERE tenant_id = $1 AND subscription_id = $2', [
    tenantId,
    subscriptionId,
  ]);
}

export async function deleteSecret(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  id: string,
): Promise<void> {
  await client.query(
    'DELETE FROM subscription_secret WHERE tenant_id = $1 AND subscription_id = $2 AND id = $3',
    [tenantId, subscriptionId, id],
  );
}

/** Takes its end away. */
export async function keepSecret(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  id: string,
): Promise<void> {
  await client.query(
    'UPDATE subscription_secret SET expires_at = NULL WHERE tenant_id = $1 AND subscription_id = $2 AND id = $3',
    [tenantId, subscriptionId, id],
  );
}

/** How many secrets of a subscription sign at this instant of tenant time. */
export async function countLiveSecrets(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  nowMs: number,
): Promise<number> {
  const { rows } = await client.query<{ live: number }>(
    `SELECT count(*)::int AS live FROM subscription_secret
     WHERE tenant_id = $1 AND subscription_id = $2 AND (expires_at IS NULL OR expires_at > $3)`,
    [tenantId, subscriptionId, new Date(nowMs)],
  );
  return rows[0]!.live;
}

/** What signs at this instant of tenant time, newest first, sealed. */
export async function readLiveSecrets(
  client: Queryable,
  { tenantId, subscriptionId }: SecretOwner,
  nowMs: number,
): Promise<(SecretRow & { sealed: Buffer })[]> {
  const { rows } = await client.query<SecretRow & { sealed: Buffer }>(
    `SELECT id, name, created_at, expires_at, sealed FROM subscription_secret
     WHERE tenant_id = $1 AND subscription_id = $2 AND (expires_at IS NULL OR expires_at > $3) ORDER BY id DESC`,
    [tenantId, subscriptionId, new Date(nowMs)],
  );
  return rows;
}
