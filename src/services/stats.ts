import type { z } from 'zod';
import { readStats, type StatsRow } from '../store/stats.js';
import { findSubscription } from '../store/subscriptions.js';
import type { Context } from './context.js';
import type { stats } from './schemas/deliveries.js';
import { noSubscription } from './subscriptions.js';

export interface StatsService {
  /** @param since milliseconds of tenant time; absent: all that is kept. */
  read(tenantId: string, subscriptionId: string, since?: number): Promise<z.output<typeof stats>>;
}

export function statsService({ db }: Pick<Context, 'db'>): StatsService {
  return {
    async read(tenantId, subscriptionId, since) {
      if (!(await findSubscription(db.pool, { tenantId, id: subscriptionId }))) throw noSubscription();
      return statsOf(await readStats(db.pool, { tenantId, subscriptionId }, since ?? null));
    },
  };
}

export function statsOf(row: StatsRow): z.output<typeof stats> {
  const finished = row.delivered + row.failed;
  return {
    delivered: row.delivered,
    failed: row.failed,
    pending: row.pending,
    rate: finished === 0 ? null : row.delivered / finished,
    byStatusCode: row.by_code,
    p95Ms: row.p95_ms,
  };
}
