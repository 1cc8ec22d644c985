import type { TenantProvider } from '../generated/prisma/client.js';
import type { InputJsonObject } from '../generated/prisma/internal/prismaNamespace.js';
import type { Database } from './database.js';
import type { Queryable } from './tenant-clock.js';

export type TenantProviderRow = TenantProvider;

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

export async function putTenantProvider(
  { prisma }: Database,
  key: { tenantId: string; provider: string },
  columns: TenantProviderColumns,
): Promise<void> {
  const data = {
    presets: columns.presets,
    settings: columns.settings as InputJsonObject,
    sealed: columns.sealed === null ? null : Uint8Array.from(columns.sealed),
  };
  await prisma.tenantProvider.upsert({
    where: { tenantId_provider: key },
    update: data,
    create: { ...key, ...data },
  });
}
