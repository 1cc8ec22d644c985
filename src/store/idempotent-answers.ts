import type { Queryable } from './tenant-clock.js';

export interface AnswerKey {
  tenantId: string;
  method: string;
  path: string;
  key: string;
}

/** How long an answer is kept, real time. */
const KEPT = "interval '24 hours'";
/** A running request gives a sign of life every 2 s; after this long without one its process is dead. */
const STALE = "interval '8 seconds'";

export interface StoredAnswer {
  request_hash: Buffer;
  /** Null while the first request runs. */
  status: number | null;
  body: Buffer | null;
}

const MINE = 'tenant_id = $1 AND method = $2 AND path = $3 AND key = $4';

/** Takes the key for this request, also from one that is past its time or whose process died. @returns null when it is taken. */
export async function takeKey(client: Queryable, key: AnswerKey, hash: Uint8Array): Promise<true | null> {
  const { rows } = await client.query(
    `INSERT INTO idempotent_answer AS a (tenant_id, method, path, key, request_hash, created_at) VALUES ($1, $2, $3, $4, $5, now())
     ON CONFLICT (tenant_id, method, path, key) DO UPDATE
       SET request_hash = excluded.request_hash, status = NULL, body = NULL, created_at = now()
       WHERE a.created_at < now() - ${KEPT} OR (a.status IS NULL AND a.created_at < now() - ${STALE})
     RETURNING 1`,
    [...values(key), hash],
  );
  return rows.length > 0 ? true : null;
}

export async function readAnswer(client: Queryable, key: AnswerKey): Promise<StoredAnswer | null> {
  const { rows } = await client.query<StoredAnswer>(
    `SELECT request_hash, status, body FROM idempotent_answer WHERE ${MINE}`,
    values(key),
  );
  return rows[0] ?? null;
}

export async function keepAnswer(
  client: Queryable,
  key: AnswerKey,
  answer: { hash: Uint8Array; status: number; body: Uint8Array | null },
): Promise<void> {
  await client.query(
    `UPDATE idempotent_answer SET status = $6, body = $7, created_at = now() WHERE ${MINE} AND request_hash = $5 AND status IS NULL`,
    [...values(key), answer.hash, answer.status, answer.body],
  );
}

/** Nothing was changed, so the same key may try again. */
export async function dropRunning(client: Queryable, key: AnswerKey): Promise<void> {
  await client.query(`DELETE FROM idempotent_answer WHERE ${MINE} AND status IS NULL`, values(key));
}

export async function stillRunning(client: Queryable, key: AnswerKey): Promise<void> {
  await client.query(
    `UPDATE idempotent_answer SET created_at = now() WHERE ${MINE} AND status IS NULL`,
    values(key),
  );
}

/** For housekeeping. @returns how many were dropped. */
export async function dropOldAnswers(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ dropped: number }>(
    `WITH gone AS (DELETE FROM idempotent_answer WHERE created_at < now() - ${KEPT} RETURNING 1)
     SELECT count(*)::int AS dropped FROM gone`,
  );
  return rows[0]!.dropped;
}

function values({ tenantId, method, path, key }: AnswerKey): unknown[] {
  return [tenantId, method, path, key];
}
