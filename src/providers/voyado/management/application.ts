import { idTimeMs } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { Keeping, Port, PortRecord } from '../../port.js';
import { svixId, uuidOfSvixId } from '../svix-ids.js';
import { conflict, notFound } from './errors.js';

/** Of everything that the control API makes. */
export const DEFAULT = 'default';

/** A group of endpoints with messages of its own. */
export interface Application {
  /** What its subscriptions and events carry: `default`, or the UUID of its record. */
  key: string;
  /** Its id's: the tenant's for `default`. */
  uuid: string;
  /** `app_…` */
  id: string;
  uid: string | null;
  name: string;
  throttleRate: number | null;
  metadata: Readonly<Record<string, string>>;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What a caller says of an application; kept as it is. */
export type ApplicationData = Pick<Application, 'name' | 'throttleRate' | 'metadata'>;

/** Where applications are read: the port, or what keeps it still for a change. */
type Place = Pick<Port, 'tenant' | 'records'>;

export const applicationRecords = (place: Place) => place.records('application');
/** One record, of the uid `default`, once something of that application was changed. */
export const defaultRecords = (place: Place) => place.records('default-application');

export async function defaultApplication(place: Place): Promise<Application> {
  const record = await defaultRecords(place).findByUid(DEFAULT);
  const { id: uuid, name } = place.tenant;
  const createdAtMs = idTimeMs(uuid);
  return {
    key: DEFAULT,
    uuid,
    id: svixId('app', uuid),
    uid: DEFAULT,
    ...dataOf(record, name),
    createdAtMs,
    updatedAtMs: record?.updatedAtMs ?? createdAtMs,
  };
}

export function applicationOf(record: PortRecord): Application {
  const { id: uuid, uid, createdAtMs, updatedAtMs } = record;
  return { key: uuid, uuid, id: svixId('app', uuid), uid, ...dataOf(record, ''), createdAtMs, updatedAtMs };
}

function dataOf(record: PortRecord | null, name: string): ApplicationData {
  const { throttleRate = null, metadata = {}, ...rest } = (record?.data ?? {}) as Partial<ApplicationData>;
  return { name: rest.name ?? name, throttleRate, metadata };
}

/** @param ref an id or a uid. */
export async function findApplication(place: Place, ref: string): Promise<Application | null> {
  if (ref === DEFAULT || ref === svixId('app', place.tenant.id)) return defaultApplication(place);
  const uuid = uuidOfSvixId('app', ref);
  const records = applicationRecords(place);
  const record = uuid === null ? await records.findByUid(ref) : await records.find(uuid);
  return record && applicationOf(record);
}

/** The application that a path names. @throws DoorRefusal 404 */
export async function applicationIn({
  port,
  params,
}: {
  port: Place;
  params: Readonly<Record<string, string>>;
}): Promise<Application> {
  const found = await findApplication(port, params.app_id ?? '');
  if (!found) throw notFound('Application');
  return found;
}

/** @throws AppError `uid_taken`, DoorRefusal 409 */
export async function createApplication(
  kept: Keeping,
  data: ApplicationData,
  uid: string | null,
): Promise<Application> {
  refuseTakenName(uid);
  const made = applicationOf(await applicationRecords(kept).create({ ...data } as Record<string, Json>, uid));
  if (data.throttleRate !== null) await kept.limitApplication(made.key, data.throttleRate);
  return made;
}

/** What another record is called its index knows; `default` needs no record. @throws DoorRefusal 409 */
export function refuseTakenName(uid: string | null | undefined): void {
  if (uid === DEFAULT) throw conflict('An application with that id or uid already exists.');
}

/** With its endpoints and its limit. */
export async function removeApplication(kept: Keeping, { key, uuid }: Application): Promise<void> {
  await kept.removeSubscriptions(key);
  await kept.limitApplication(key, null);
  await applicationRecords(kept).remove(uuid);
}
