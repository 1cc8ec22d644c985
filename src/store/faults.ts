import { shiftedSql } from './shifted.js';
import type { Queryable } from './tenant-clock.js';

/** A fault as its row says. Instants are tenant time, milliseconds. */
export interface FaultRow {
  id: string;
  subscriptionId: string | null;
  eventId: string | null;
  /** JSON text. */
  spec: string;
  turns: number;
  addedAtMs: number;
  endsAtMs: number | null;
}

interface Row {
  id: string;
  subscription_id: string | null;
  event_id: string | null;
  spec: string;
  turns: number;
  created_at: Date;
  expires_at: Date | null;
}

const COLUMNS = 'id, subscription_id, event_id, spec, turns, created_at, expires_at';

/** Must run in a transaction. Every dispatcher reads the subscriptions it may touch anew. */
export async function insertFaults(
  client: Queryable,
  tenantId: string,
  faults: readonly Omit<FaultRow, 'turns'>[],
): Promise<void> {
  const rows = faults.map(({ addedAtMs, endsAtMs, ...fault }) => ({
    ...fault,
    added: addedAtMs,
    ends: endsAtMs,
  }));
  await client.query(
    `INSERT INTO fault (tenant_id, id, subscription_id, event_id, spec, created_at, expires_at)
     SELECT $1, x.id, x."subscriptionId", x."eventId", x.spec, to_timestamp(x.added / 1000), to_timestamp(x.ends / 1000)
     FROM json_to_recordset($2::json) AS x(id uuid, "subscriptionId" uuid, "eventId" uuid, spec text, added float8, ends float8)`,
    [tenantId, JSON.stringify(rows)],
  );
  await readAnew(client, tenantId, faults);
}

/** Subscriptions that these touch: one, those of an event's deliveries, or all of them. */
async function readAnew(
  client: Queryable,
  tenantId: string,
  faults: readonly Pick<FaultRow, 'subscriptionId' | 'eventId'>[],
): Promise<void> {
  const all = faults.some((fault) => fault.subscriptionId === null && fault.eventId === null);
  await client.query(
    `UPDATE subscription SET revision = revision + 1 WHERE tenant_id = $1 AND id = ANY(ARRAY(
       SELECT s.id FROM subscription s WHERE s.tenant_id = $1 AND ($2 OR s.id = ANY($3::uuid[]) OR s.id = ANY(ARRAY(
         SELECT subscription_id FROM open_delivery WHERE tenant_id = $1 AND event_id = ANY($4::uuid[]))))
       ORDER BY s.id FOR NO KEY UPDATE))`,
    [
      tenantId,
      all,
      faults.flatMap(({ subscriptionId }) => subscriptionId ?? []),
      faults.flatMap(({ eventId }) => eventId ?? []),
    ],
  );
}

/** Newest first. */
export async function listFaults(
  client: Queryable,
  tenantId: string,
  { before, limit }: { before: string | null; limit: number },
): Promise<FaultRow[]> {
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM fault WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, before, limit],
  );
  return rows.map(toFault);
}

export async function readFault(client: Queryable, tenantId: string, id: string): Promise<FaultRow | null> {
  const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM fault WHERE tenant_id = $1 AND id = $2`, [
    tenantId,
    id,
  ]);
  return rows[0] ? toFault(rows[0]) : null;
}

/** Must run in a transaction. @param id null = all of them. @returns how many there were. */
export async function deleteFaults(client: Queryable, tenantId: string, id: string | null): Promise<number> {
  const { rows } = await client.query<Row>(
    `DELETE FROM fault WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id = $2) RETURNING ${COLUMNS}`,
    [tenantId, id],
  );
  if (rows.length > 0) await readAnew(client, tenantId, rows.map(toFault));
  return rows.length;
}

/** One more turn for each of these. @returns the number of each one's turn; those removed meanwhile are left out. */
export async function takeTurns(
  client: Queryable,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; turns: number }>(
    'UPDATE fault SET turns = turns + 1 WHERE tenant_id = $1 AND id = ANY($2::uuid[]) RETURNING id, turns',
    [tenantId, ids],
  );
  return new Map(rows.map(({ id, turns }) => [id, turns]));
}

/** Which faults put this delivery off, and how many attempts it had then. */
export async function readMarks(
  client: Queryable,
  tenantId: string,
  deliveryId: string,
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ fault_id: string; tries: number }>(
    'SELECT fault_id, tries FROM fault_mark WHERE tenant_id = $1 AND delivery_id = $2',
    [tenantId, deliveryId],
  );
  return new Map(rows.map(({ fault_id, tries }) => [fault_id, tries]));
}

export async function insertMarks(
  client: Queryable,
  tenantId: string,
  { deliveryId, tries, faultIds }: { deliveryId: string; tries: number; faultIds: readonly string[] },
): Promise<void> {
  await client.query(
    `INSERT INTO fault_mark (tenant_id, delivery_id, fault_id, tries)
     SELECT f.tenant_id, $2, f.id, $3 FROM fault f WHERE f.tenant_id = $1 AND f.id = ANY($4::uuid[]) ON CONFLICT DO NOTHING`,
    [tenantId, deliveryId, tries, faultIds],
  );
}

/** Faults of events whose deliveries are all finished have nothing left to touch; nor have marks of finished deliveries. */
export async function dropSpentFaults(client: Queryable): Promise<void> {
  await client.query(
    `DELETE FROM fault f WHERE event_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM open_delivery d WHERE d.tenant_id = f.tenant_id AND d.event_id = f.event_id)`,
  );
  await client.query(
    `DELETE FROM fault_mark m
     WHERE NOT EXISTS (SELECT FROM open_delivery d WHERE d.tenant_id = m.tenant_id AND d.id = m.delivery_id)`,
  );
}

/** They move with a clock that is set back. */
export async function shiftFaults(client: Queryable, tenantId: string, byMs: number): Promise<void> {
  await client.query(
    `UPDATE fault SET created_at = ${shiftedSql('created_at', '$2')},
       expires_at = ${shiftedSql('expires_at', '$2')} WHERE tenant_id = $1`,
    [tenantId, byMs],
  );
}

function toFault(row: Row): FaultRow {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    eventId: row.event_id,
    spec: row.spec,
    turns: row.turns,
    addedAtMs: row.created_at.getTime(),
    endsAtMs: row.expires_at?.getTime() ?? null,
  };
}
