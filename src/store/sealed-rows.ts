import type { Queryable } from './tenant-clock.js';

/** Where sealed bytes lie: the table, and the column that names what they belong to within a tenant. */
export const SEALED_TABLES = {
  subscription: 'id',
  subscription_secret: 'id',
  tenant_provider: 'provider',
} as const;

export type SealedTable = keyof typeof SEALED_TABLES;

export interface SealedRow {
  table: SealedTable;
  tenantId: string;
  /** Of the row within its tenant. */
  key: string;
  /** What the seal is bound to beside the tenant: the subscription, or the provider. */
  owner: string;
  sealed: Buffer;
}

const KEY_ID = `encode(substring(sealed FROM 2 FOR 8), 'hex')`;

/** Hex ids of the keys under which anything lies sealed. */
export async function sealedKeyIds(client: Queryable): Promise<string[]> {
  const { rows } = await client.query<{ key_id: string }>(
    Object.keys(SEALED_TABLES)
      .map((table) => `SELECT DISTINCT ${KEY_ID} AS key_id FROM ${table} WHERE sealed IS NOT NULL`)
      .join(' UNION '),
  );
  return rows.map((row) => row.key_id);
}

/**
 * Says that secrets are sealed under the first of these keys from now on.
 * @returns false when the key said so far is none of them.
 */
export async function claimSealingKey(client: Queryable, keyIds: readonly string[]): Promise<boolean> {
  const { rows } = await client.query(
    `INSERT INTO sealing_key AS k (id, key_id) VALUES (1, $1)
     ON CONFLICT (id) DO UPDATE SET key_id = excluded.key_id WHERE k.key_id = ANY($2::text[]) RETURNING 1`,
    [keyIds[0], keyIds],
  );
  return rows.length > 0;
}

/** Rows sealed under another key than this one. */
export async function sealedUnderOthers(
  client: Queryable,
  keyId: string,
  limit: number,
): Promise<SealedRow[]> {
  const owner = {
    subscription: 'id::text',
    subscription_secret: 'subscription_id::text',
    tenant_provider: 'provider',
  };
  const { rows } = await client.query<SealedRow>(
    `${(Object.keys(SEALED_TABLES) as SealedTable[])
      .map(
        (
          table,
        ) => `(SELECT '${table}' AS "table", tenant_id AS "tenantId", ${SEALED_TABLES[table]}::text AS key,
          ${owner[table]} AS owner, sealed FROM ${table} WHERE sealed IS NOT NULL AND ${KEY_ID} <> $1 LIMIT $2)`,
      )
      .join(' UNION ALL ')} LIMIT $2`,
    [keyId, limit],
  );
  return rows;
}

/** Only while the row still holds what was opened: a change meanwhile was sealed under the new key anyway. */
export async function replaceSealed(client: Queryable, row: SealedRow, sealed: Uint8Array): Promise<void> {
  await client.query(
    `UPDATE ${row.table} SET sealed = $3 WHERE tenant_id = $1 AND ${SEALED_TABLES[row.table]}::text = $2 AND sealed = $4`,
    [row.tenantId, row.key, Buffer.from(sealed), row.sealed],
  );
}
