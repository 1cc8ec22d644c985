import type { Queryable } from './tenant-clock.js';

export interface DoorRecordRow {
  id: string;
  uid: string | null;
  data: Record<string, unknown>;
  created_at: Date;
  updated_at: Date;
}

/** One kind of what one provider's front door keeps in one tenant. */
export interface DoorRecordKind {
  tenantId: string;
  provider: string;
  kind: string;
}

const COLUMNS = 'id, uid, data, created_at, updated_at';
const MINE = 'tenant_id = $1 AND provider = $2 AND kind = $3';

const valuesOf = ({ tenantId, provider, kind }: DoorRecordKind) => [tenantId, provider, kind];

/** @throws the database's unique violation on `door_record_uid` when the uid is taken. */
export async function insertDoorRecord(
  client: Queryable,
  kind: DoorRecordKind,
  record: { id: string; uid: string | null; data: unknown; nowMs: number },
): Promise<DoorRecordRow> {
  const { rows } = await client.query<DoorRecordRow>(
    `INSERT INTO door_record (tenant_id, provider, kind, id, uid, data, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $7) RETURNING ${COLUMNS}`,
    [...valuesOf(kind), record.id, record.uid, JSON.stringify(record.data), new Date(record.nowMs)],
  );
  return rows[0]!;
}

export async function findDoorRecord(
  client: Queryable,
  kind: DoorRecordKind,
  by: { id: string } | { uid: string },
): Promise<DoorRecordRow | null> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['uid', by.uid];
  const { rows } = await client.query<DoorRecordRow>(
    `SELECT ${COLUMNS} FROM door_record WHERE ${MINE} AND ${column} = $4`,
    [...valuesOf(kind), value],
  );
  return rows[0] ?? null;
}

export async function listDoorRecords(
  client: Queryable,
  kind: DoorRecordKind,
  { after, limit, order }: { after: string | null; limit: number; order: 'ascending' | 'descending' },
): Promise<DoorRecordRow[]> {
  const [past, sorted] = order === 'ascending' ? ['>', 'ASC'] : ['<', 'DESC'];
  const { rows } = await client.query<DoorRecordRow>(
    `SELECT ${COLUMNS} FROM door_record WHERE ${MINE} AND ($4::uuid IS NULL OR id ${past} $4)
     ORDER BY id ${sorted} LIMIT $5`,
    [...valuesOf(kind), after, limit],
  );
  return rows;
}

/** @param uid absent: as it was. */
export async function replaceDoorRecord(
  client: Queryable,
  kind: DoorRecordKind,
  { id, data, uid, nowMs }: { id: string; data: unknown; uid?: string | null | undefined; nowMs: number },
): Promise<DoorRecordRow | null> {
  const { rows } = await client.query<DoorRecordRow>(
    `UPDATE door_record SET data = $5::jsonb, uid = CASE WHEN $6 THEN $7 ELSE uid END, updated_at = $8
     WHERE ${MINE} AND id = $4 RETURNING ${COLUMNS}`,
    [...valuesOf(kind), id, JSON.stringify(data), uid !== undefined, uid ?? null, new Date(nowMs)],
  );
  return rows[0] ?? null;
}

export async function deleteDoorRecord(
  client: Queryable,
  kind: DoorRecordKind,
  id: string,
): Promise<boolean> {
  const { rows } = await client.query(`DELETE FROM door_record WHERE ${MINE} AND id = $4 RETURNING id`, [
    ...valuesOf(kind),
    id,
  ]);
  return rows.length > 0;
}

/** The names of applications, by their keys: where a door keeps applications, it does so as records of the kind `application`. */
export async function readApplicationUids(
  client: Queryable,
  { tenantId, provider }: Pick<DoorRecordKind, 'tenantId' | 'provider'>,
  applications: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; uid: string }>(
    `SELECT id, uid FROM door_record WHERE ${MINE} AND id::text = ANY($4::text[]) AND uid IS NOT NULL`,
    [tenantId, provider, 'application', applications],
  );
  return new Map(rows.map(({ id, uid }) => [id, uid]));
}
