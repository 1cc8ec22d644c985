import type { Inside } from '../../providers/inside.js';
import type { Keeping, Port } from '../../providers/port.js';
import { putApplicationLimit } from '../../store/application-limits.js';
import { readTenantClock } from '../../store/tenant-clock.js';
import { lockTenantProvider } from '../../store/tenant-providers.js';
import type { Context } from '../context.js';
import { removeSubscriptionsOf, tellRemoved } from '../remove-subscriptions.js';
import { recordPort } from './records.js';

/** One transaction a piece of work; of one provider in one tenant one at a time. */
export function keeperOf(
  context: Pick<Context, 'db' | 'ids' | 'stream'>,
  { tenant, provider }: { tenant: Port['tenant']; provider: string },
): Port['keep'] {
  const tenantId = tenant.id;
  return async <T>(work: (kept: Keeping) => Promise<T>, inside?: Inside<T>) => {
    let gone: string[] = [];
    const result = await context.db.transaction(async (client) => {
      gone = [];
      // The tenant first, as everywhere: whoever moves its clock waits for nothing that is held here.
      await readTenantClock(client, tenantId, 'share');
      await lockTenantProvider(client, tenantId, provider);
      const done = await work({
        tenant,
        records: (kind) => recordPort(context, client, { tenantId, provider, kind }),
        limitApplication: (application, rateLimit) =>
          putApplicationLimit(client, { tenantId, provider, application }, rateLimit),
        async removeSubscriptions(application) {
          gone.push(...(await removeSubscriptionsOf(client, tenantId, { provider, application })));
        },
      });
      await inside?.(client as never, done);
      return done;
    });
    for (const id of gone) tellRemoved(context, tenantId, id);
    return result;
  };
}
