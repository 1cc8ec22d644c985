import type { TenantKey } from '../generated/prisma/client.js';
import type { Database } from './database.js';

export type KeyRow = TenantKey;

export interface NewKey {
  tenantId: string;
  id: string;
  hash: Uint8Array;
  scope: 'write' | 'read';
  name: string | null;
  createdAtMs: number;
}

/** One that exists under this id stays as it is. */
export function putKey({ prisma }: Database, key: NewKey): Promise<KeyRow> {
  const { createdAtMs, hash, ...data } = key;
  return prisma.tenantKey.upsert({
    where: { id: key.id },
    update: {},
    create: { ...data, hash: Uint8Array.from(hash), createdAt: new Date(createdAtMs) },
  });
}

export interface FoundKey {
  id: string;
  hash: Uint8Array;
  scope: string;
  tenantId: string;
  slug: string;
}

/** By its public id alone: whose it is, is what the caller wants to know. */
export async function findKey({ prisma }: Database, id: string): Promise<FoundKey | null> {
  const row = await prisma.tenantKey.findUnique({
    where: { id },
    include: { tenant: { select: { slug: true } } },
  });
  return row ? { id, hash: row.hash, scope: row.scope, tenantId: row.tenantId, slug: row.tenant.slug } : null;
}

export function findTenantKey({ prisma }: Database, tenantId: string, id: string): Promise<KeyRow | null> {
  return prisma.tenantKey.findUnique({ where: { tenantId_id: { tenantId, id } } });
}

/** Newest first. */
export function listKeys(
  { prisma }: Database,
  tenantId: string,
  { before, limit }: { before: string | null; limit: number },
): Promise<KeyRow[]> {
  const where = before === null ? { tenantId } : { tenantId, id: { lt: before } };
  return prisma.tenantKey.findMany({ where, orderBy: { id: 'desc' }, take: limit });
}

export async function deleteKey({ prisma }: Database, tenantId: string, id: string): Promise<boolean> {
  const { count } = await prisma.tenantKey.deleteMany({ where: { tenantId, id } });
  return count > 0;
}
