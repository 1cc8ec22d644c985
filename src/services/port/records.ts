import { asUuid } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import type { PortRecord, RecordPort } from '../../providers/port.js';
import {
  type DoorRecordKind,
  type DoorRecordRow,
  deleteDoorRecord,
  findDoorRecord,
  insertDoorRecord,
  listDoorRecords,
  replaceDoorRecord,
} from '../../store/door-records.js';
import { type Queryable, readTenantNow } from '../../store/tenant-clock.js';
import { claimUid } from '../../store/uids.js';
import type { Context } from '../context.js';

/** @param client a pool, or what a transaction of the caller's runs on. */
export function recordPort(
  { ids }: Pick<Context, 'ids'>,
  client: Queryable,
  kind: DoorRecordKind,
): RecordPort {
  const now = () => readTenantNow(client, kind.tenantId);
  const found = (row: DoorRecordRow | null) => row && portRecord(row);
  return {
    create: async (data, uid = null) => {
      const record = { id: ids.next(), uid, data, nowMs: await now() };
      return portRecord(await claimUid('door_record_uid', uid, () => insertDoorRecord(client, kind, record)));
    },
    find: async (id) => {
      const uuid = asUuid(id);
      return uuid === null ? null : found(await findDoorRecord(client, kind, { id: uuid }));
    },
    findByUid: async (uid) => found(await findDoorRecord(client, kind, { uid })),
    list: async ({ after = null, limit, order = 'descending' }) =>
      (await listDoorRecords(client, kind, { after, limit, order })).map(portRecord),
    replace: async (given, data, uid) => {
      const id = asUuid(given);
      if (id === null) return null;
      const nowMs = await now();
      return found(
        await claimUid('door_record_uid', uid, () =>
          replaceDoorRecord(client, kind, { id, data, uid, nowMs }),
        ),
      );
    },
    remove: async (id) => {
      const uuid = asUuid(id);
      return uuid !== null && deleteDoorRecord(client, kind, uuid);
    },
  };
}

function portRecord(row: DoorRecordRow): PortRecord {
  return {
    id: row.id,
    uid: row.uid,
    data: row.data as Record<string, Json>,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
