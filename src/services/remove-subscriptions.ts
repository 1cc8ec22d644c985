import { publicId } from '../lib/ids.js';
import { cancelOpen } from '../store/stopping.js';
import { findSubscription, listSubscriptions, markDeleted } from '../store/subscriptions.js';
import { type Queryable, readTenantNow } from '../store/tenant-clock.js';
import type { Context } from './context.js';

/** Read in one go where many are removed. */
const AT_ONCE = 100;

/** Cancels what is pending of one and keeps its history. @returns whether there was one. */
export async function removeSubscription(client: Queryable, tenantId: string, id: string): Promise<boolean> {
  if (!(await findSubscription(client, { tenantId, id }, 'update'))) return false;
  await markDeleted(client, { tenantId, id, nowMs: await readTenantNow(client, tenantId) });
  await cancelOpen(client, tenantId, id, 'subscription_deleted');
  return true;
}

/** The same of every one of an application. @returns their ids. */
export async function removeSubscriptionsOf(
  client: Queryable,
  tenantId: string,
  of: { provider: string; application: string },
): Promise<string[]> {
  const gone: string[] = [];
  for (;;) {
    const rows = await listSubscriptions(client, tenantId, { ...of, before: null, limit: AT_ONCE });
    if (rows.length === 0) return gone;
    for (const { id } of rows) if (await removeSubscription(client, tenantId, id)) gone.push(id);
  }
}

/** After the commit. */
export function tellRemoved({ stream }: Pick<Context, 'stream'>, tenantId: string, id: string): void {
  stream.publish(tenantId, 'subscription.updated', { id: publicId('sub', id), status: 'deleted' });
}
