import type { Tenant } from '../generated/prisma/client.js';
import { Prisma } from '../generated/prisma/client.js';
import { emptyTenant } from './clocks.js';
import type { Database } from './database.js';

export type TenantRow = Tenant;

export interface NewTenant {
  id: string;
  slug: string;
  name: string;
  createdAtMs: number;
  /** Null = the table's default. */
  bodyRetentionMs: number | null;
  notifyUrl: string | null;
  maxInFlight: number | null;
  maxInFlightPerOrigin: number | null;
  key: { id: string; hash: Uint8Array; name: string | null };
}

/** The tenant and its first key, or null when the slug is taken. */
export async function insertTenant({ prisma }: Database, tenant: NewTenant): Promise<TenantRow | null> {
  const createdAt = new Date(tenant.createdAtMs);
  const { id, hash, name } = tenant.key;
  return orTaken(
    prisma.tenant.create({
      data: {
        id: tenant.id,
        slug: tenant.slug,
        name: tenant.name,
        createdAt,
        notifyUrl: tenant.notifyUrl,
        maxInFlight: tenant.maxInFlight,
        maxInFlightPerOrigin: tenant.maxInFlightPerOrigin,
        ...(tenant.bodyRetentionMs === null ? {} : { bodyRetentionMs: BigInt(tenant.bodyRetentionMs) }),
        keys: { create: { id, hash: Uint8Array.from(hash), name, scope: 'write', createdAt } },
      },
    }),
  );
}

export function findTenant(
  { prisma }: Database,
  by: { id: string } | { slug: string },
): Promise<TenantRow | null> {
  return prisma.tenant.findFirst({ where: by });
}

/** Asked at every request with a tenant in its path, so without Prisma: a third of the time. */
export async function findTenantRefs(
  { pool }: Database,
  column: 'id' | 'slug',
  values: readonly string[],
): Promise<{ id: string; slug: string }[]> {
  const { rows } = await pool.query<{ id: string; slug: string }>({
    name: `tenants_by_${column}`,
    text: `SELECT id, slug FROM tenant WHERE ${column} = ANY($1)`,
    values: [values],
  });
  return rows;
}

/** Newest first. */
export function listTenants(
  { prisma }: Database,
  { before, limit }: { before: string | null; limit: number },
): Promise<TenantRow[]> {
  const where = before === null ? {} : { id: { lt: before } };
  return prisma.tenant.findMany({ where, orderBy: { id: 'desc' }, take: limit });
}

/** `gone` when there is no such tenant any more, null when the slug is taken. */
export async function updateTenant(
  { prisma }: Database,
  id: string,
  change: {
    name?: string | undefined;
    slug?: string | undefined;
    bodyRetentionMs?: number | undefined;
    notifyUrl?: string | null | undefined;
    maxInFlight?: number | null | undefined;
    maxInFlightPerOrigin?: number | null | undefined;
  },
): Promise<TenantRow | null | 'gone'> {
  const { name, slug, bodyRetentionMs, notifyUrl, maxInFlight, maxInFlightPerOrigin } = change;
  const data = {
    ...(name === undefined ? {} : { name }),
    ...(slug === undefined ? {} : { slug }),
    ...(bodyRetentionMs === undefined ? {} : { bodyRetentionMs: BigInt(bodyRetentionMs) }),
    ...(notifyUrl === undefined ? {} : { notifyUrl }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(maxInFlightPerOrigin === undefined ? {} : { maxInFlightPerOrigin }),
    // Who sends for it reads its caps with the next claim.
    ...(maxInFlight === undefined && maxInFlightPerOrigin === undefined
      ? {}
      : { subscriptions: { updateMany: { where: {}, data: { revision: { increment: 1 } } } } }),
  };
  try {
    return await orTaken(prisma.tenant.update({ where: { id }, data }));
  } catch (error) {
    if (isKnown(error, 'P2025')) return 'gone';
    throw error;
  }
}

/** With everything in it: history has no foreign keys that would take it along. */
export async function deleteTenant(db: Database, id: string): Promise<void> {
  await db.transaction(async (client) => {
    await emptyTenant(client, id);
    await client.query('DELETE FROM idempotent_answer WHERE tenant_id = $1', [id]);
    await client.query('DELETE FROM tenant WHERE id = $1', [id]);
  });
}

async function orTaken<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isKnown(error, 'P2002')) return null;
    throw error;
  }
}

function isKnown(error: unknown, code: string): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
}
