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

/** One that exists under this id stays as it is, also when two processes bring it at once. */
export async function putKey({ prisma }: Database, key: NewKey): Promise<KeyRow> {
  const { createdAtMs, hash, ...data } = key;
  const row = { ...data, hash: Uint8Array.from(hash), createdAt: new Date(createdAtMs) };
  // An upsert names one constraint, and the table has two that a second writer can meet.
  await prisma.tenantKey.createMany({ data: [row], skipDuplicates: true });
  return prisma.tenantKey.findFirstOrThrow({ where: { id: key.id } });
}

export interface FoundKey {
  id: string;
  hash: Uint8Array;
  scope: string;
  tenantId: string;
  slug: string;
}

/** By their public ids alone: whose they are, is what the caller wants to know. Asked at every request, so one statement. */
export async function findKeys({ pool }: Database, ids: readonly string[]): Promise<FoundKey[]> {
  const { rows } = await pool.query<FoundKey>({
    name: 'key_holders',
    text: `SELECT k.id, k.hash, k.scope, k.tenant_id AS "tenantId", t.slug
      FROM tenant_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.id = ANY($1)`,
    values: [ids],
  });
  return rows;
}

export function findTenantKey({ prisma }: Database, tenantId: string, id: string): Promise<KeyRow | null> {
  return prisma.tenantKey.findFirst({ where: { tenantId, id } });
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
