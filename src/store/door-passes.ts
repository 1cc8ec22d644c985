import type { Queryable } from './tenant-clock.js';

export interface DoorPassRow {
  id: string;
  tenant_id: string;
  slug: string;
  hash: Buffer;
  application: string;
  scope: 'write' | 'read';
}

/** @param lifetimeMs real time from now on; what is over by then is swept away on the way. */
export async function insertDoorPass(
  client: Queryable,
  pass: {
    tenantId: string;
    id: string;
    hash: Uint8Array;
    provider: string;
    application: string;
    scope: 'write' | 'read';
  },
  lifetimeMs: number,
): Promise<void> {
  await client.query(
    `WITH over AS (DELETE FROM door_pass WHERE tenant_id = $1 AND expires_at <= now())
     INSERT INTO door_pass (tenant_id, id, hash, provider, application, scope, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond')`,
    [pass.tenantId, pass.id, pass.hash, pass.provider, pass.application, pass.scope, lifetimeMs],
  );
}

/** One that still holds, at this provider's door. */
export async function findDoorPass(
  client: Queryable,
  { id, provider }: { id: string; provider: string },
): Promise<DoorPassRow | null> {
  const { rows } = await client.query<DoorPassRow>(
    `SELECT p.id, p.tenant_id, t.slug, p.hash, p.application, p.scope
     FROM door_pass p JOIN tenant t ON t.id = p.tenant_id WHERE p.id = $1 AND p.provider = $2 AND p.expires_at > now()`,
    [id, provider],
  );
  return rows[0] ?? null;
}

export async function deleteDoorPass(client: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await client.query('DELETE FROM door_pass WHERE tenant_id = $1 AND id = $2 RETURNING id', [
    tenantId,
    id,
  ]);
  return rows.length > 0;
}
