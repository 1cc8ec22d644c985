import type { Queryable } from './tenant-clock.js';

export interface AnswerKey {
  tenantId: string;
  method: string;
  path: string;
  key: string;
}

/** A key in the hands of one request. */
export interface HeldKey extends AnswerKey {
  /** UUID of this turn: whoever takes the key over brings another one. */
  holder: string;
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

const THIS = 'tenant_id = $1 AND method = $2 AND path = $3 AND key = $4';
const MINE = `${THIS} AND holder = $5 AND status IS NULL`;

/** Takes the key for this request, also from one that is past its time or whose process died. @returns false when it is taken. */
export async function takeKey(client: Queryable, key: HeldKey, hash: Uint8Array): Promise<boolean> {
  const { rows } = await client.query(
    `INSERT INTO idempotent_answer AS a (tenant_id, method, path, key, holder, request_hash, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())
     ON CONFLICT (tenant_id, method, path, key) DO UPDATE
       SET holder = excluded.holder, request_hash = excluded.request_hash, status = NULL, body = NULL, created_at = now()
       WHERE a.created_at < now() - ${KEPT} OR (a.status IS NULL AND a.created_at < now() - ${STALE})
     RETURNING 1`,
    [...values(key), key.holder, hash],
  );
  return rows.length > 0;
}

export async function readAnswer(client: Queryable, key: AnswerKey): Promise<StoredAnswer | null> {
  const { rows } = await client.query<StoredAnswer>(
    `SELECT request_hash, status, body FROM idempotent_answer WHERE ${THIS}`,
    values(key),
  );
  return rows[0] ?? null;
}

/** @returns false when the key is not this request's any more: its answer was kept, or another one took it. */
export async function keepAnswer(
  client: Queryable,
  key: HeldKey,
  answer: { status: number; body: Uint8Array | null },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE idempotent_answer SET status = $6, body = $7, created_at = now() WHERE ${MINE}`,
    [...values(key), key.holder, answer.status, answer.body],
  );
  return rowCount === 1;
}

/** Nothing was changed, so the same key may try again. */
export async function dropRunning(client: Queryable, key: HeldKey): Promise<void> {
  await client.query(`DELETE FROM idempotent_answer WHERE ${MINE}`, [...values(key), key.holder]);
}

export async function stillRunning(client: Queryable, key: HeldKey): Promise<void> {
  await client.query(`UPDATE idempotent_answer SET created_at = now() WHERE ${MINE}`, [
    ...values(key),
    key.holder,
  ]);
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
