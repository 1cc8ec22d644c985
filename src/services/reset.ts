import { AppError } from '../errors.js';
import { isRunning } from '../store/clock-runs.js';
import { emptyTenant } from '../store/clocks.js';
import type { Context } from './context.js';

export interface ResetService {
  /** Empties the tenant, keeps it and its keys, and puts its clock back to the system's. Late attempts are dropped. */
  reset(tenantId: string): Promise<void>;
}

export function resetService({ db, stream, receiver }: Context): ResetService {
  return {
    async reset(tenantId) {
      await db.transaction(async (client) => {
        if (await isRunning(client, tenantId))
          throw new AppError('clock_busy', 'An advance is under way; wait for it, then reset.');
        await emptyTenant(client, tenantId);
      });
      receiver?.clear(tenantId);
      stream.publish(tenantId, 'reset', { reason: 'reset' });
    },
  };
}
