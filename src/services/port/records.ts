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
import { readTenantNow } from '../../store/tenant-clock.js';
import { claimUid } from '../../store/uids.js';
import type { Context } from '../context.js';

export function recordPort({ db, ids }: Pick<Context, 'db' | 'ids'>, kind: DoorRecordKind): RecordPort {
  const client = db.pool;
  const now = () => readTenantNow(client, kind.tenantId);
  const found = (row: DoorRecordRow | null) => row && portRecord(row);
  return {
    create: async (data, uid = null) => {
      const record = { id: ids.next(), uid, data, nowMs: await now() };
      return portRecord(await claimUid('door_record_uid', uid, () => insertDoorRecord(client, kind, record)));
    },
    find: async (id) => found(await findDoorRecord(client, kind, { id })),
    findByUid: async (uid) => found(await findDoorRecord(client, kind, { uid })),
    list: async ({ after = null, limit, order = 'descending' }) =>
      (await listDoorRecords(client, kind, { after, limit, order })).map(portRecord),
    replace: async (id, data, uid) => {
      const nowMs = await now();
      return found(
        await claimUid('door_record_uid', uid, () =>
          replaceDoorRecord(client, kind, { id, data, uid, nowMs }),
        ),
      );
    },
    remove: (id) => deleteDoorRecord(client, kind, id),
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
