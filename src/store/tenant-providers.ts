import type { Queryable } from './tenant-clock.js';

export interface TenantProviderColumns {
  presets: string[];
  settings: Record<string, unknown>;
  sealed: Uint8Array | null;
}

/** For a statement among others in a transaction, or on a pool. */
export async function readTenantProvider(
  client: Queryable,
  tenantId: string,
  provider: string,
): Promise<TenantProviderColumns | null> {
  const { rows } = await client.query<TenantProviderColumns & { sealed: Buffer | null }>({
    name: 'tenant_provider',
    text: 'SELECT presets, settings, sealed FROM tenant_provider WHERE tenant_id = $1 AND provider = $2',
    values: [tenantId, provider],
  });
  return rows[0] ?? null;
}

/** Nobody else changes it until this transaction ends, whether there is a row yet or not. */
export async function lockTenantProvider(
  client: Queryable,
  tenantId: string,
  provider: string,
): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `settings ${tenantId} ${provider}`,
  ]);
}

export async function putTenantProvider(
  client: Queryable,
  { tenantId, provider }: { tenantId: string; provider: string },
  { presets, settings, sealed }: TenantProviderColumns,
): Promise<void> {
  await client.query(
    `INSERT INTO tenant_provider (tenant_id, provider, presets, settings, sealed) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, provider) DO UPDATE
     SET presets = excluded.presets, settings = excluded.settings, sealed = excluded.sealed`,
    [tenantId, provider, presets, JSON.stringify(settings), sealed === null ? null : Buffer.from(sealed)],
  );
}
