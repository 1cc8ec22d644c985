import { idTimeMs } from '../../lib/ids.js';
import { fromBase62, ksuidOf } from './ksuid.js';

/** What Svix calls an application, an endpoint, a message, an attempt and a task. `msg_` of a message is its stored event id. */
export type SvixPrefix = 'app' | 'ep' | 'msg' | 'atmpt' | 'qtask' | 'org';

/**
 * One of our UUIDv7s as Svix writes ids: `ep_` and a KSUID of its second and its 16 bytes. The same UUID always gives the
 * same id, different ones different ids.
 */
export function svixId(prefix: SvixPrefix, uuid: string): string {
  return `${prefix}_${ksuidOf(idTimeMs(uuid), Buffer.from(uuid.replaceAll('-', ''), 'hex'))}`;
}

/** @param application `default`, whose id is made of its tenant's, or the UUID of another one. */
export function svixApplicationId(tenantId: string, application: string): string {
  return svixId('app', application === 'default' ? tenantId : application);
}

/** The UUID behind a Svix-shaped id; null when `svixId` never made this text. */
export function uuidOfSvixId(prefix: SvixPrefix, id: string): string | null {
  const bytes = id.startsWith(`${prefix}_`) ? fromBase62(id.slice(prefix.length + 1)) : null;
  if (!bytes) return null;
  const hex = Buffer.from(bytes.subarray(4)).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return svixId(prefix, uuid) === id ? uuid : null;
}
