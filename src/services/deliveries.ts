import { AppError } from '../errors.js';
import { findDelivery } from '../store/history.js';
import { readSubscriptionHead } from '../store/lanes.js';
import { makeDueNow, reopen } from '../store/reopening.js';
import { cancelOne } from '../store/stopping.js';
import type { Context } from './context.js';
import type { InsideOption } from './idempotency.js';
import { type Recovery, recover } from './recovery.js';
import type { DeliveryResource, RecoverInput } from './schemas/deliveries.js';

export interface DeliveriesService {
  /** One more attempt of a finished delivery: same body and id, never rescheduled. */
  resend(tenantId: string, id: string): Promise<DeliveryResource>;
  /** A waiting delivery goes now; its schedule goes on from there. */
  retryNow(tenantId: string, id: string): Promise<DeliveryResource>;
  /** What waits or is held; an attempt in flight is finished and recorded. */
  cancel(tenantId: string, id: string): Promise<DeliveryResource>;
  /** Sends again what failed, was never attempted, or all of a range. */
  recover(
    tenantId: string,
    subscriptionId: string,
    input: RecoverInput & InsideOption<Recovery>,
  ): Promise<Recovery>;
}

const STOPPED = ['paused', 'failed', 'disabled'];

/** @param read the delivery as the API shows it. */
export function deliveriesService(
  context: Context,
  read: (tenantId: string, id: string) => Promise<DeliveryResource>,
): DeliveriesService {
  const { db, wake, stream } = context;

  const find = async (tenantId: string, id: string) => {
    const row = await findDelivery(db.pool, tenantId, id);
    if (!row) throw new AppError('not_found', 'There is no such delivery.');
    return row;
  };

  const updated = async (tenantId: string, id: string): Promise<DeliveryResource> => {
    const resource = await read(tenantId, id);
    const { attempts: _, ...told } = resource;
    stream.publish(tenantId, 'delivery.updated', told);
    return resource;
  };

  const openSubscription = async (tenantId: string, subscriptionId: string) => {
    const head = await readSubscriptionHead(db.pool, tenantId, subscriptionId);
    if (!head)
      throw new AppError('not_found', 'The subscription was deleted; nothing can be sent to it any more.');
    if (STOPPED.includes(head.status)) {
      throw new AppError('subscription_stopped', `The subscription is ${head.status}; resume it first.`);
    }
    return head;
  };

  return {
    async resend(tenantId, id) {
      const row = await find(tenantId, id);
      if (row.finished_at === null) {
        throw new AppError(
          'delivery_not_finished',
          `The delivery is ${row.status}; retry-now makes a waiting one due.`,
        );
      }
      await openSubscription(tenantId, row.subscription_id);
      const [lane] = await db.transaction((client) => reopen(client, tenantId, { ids: [id] }));
      if (lane === undefined)
        throw new AppError('delivery_not_finished', 'The delivery is being resent already.');
      wake([lane]);
      return updated(tenantId, id);
    },
    async retryNow(tenantId, id) {
      const row = await find(tenantId, id);
      if (row.finished_at !== null)
        throw new AppError(
          'delivery_finished',
          `The delivery is ${row.status}; resend makes one more attempt.`,
        );
      if (row.status === 'held')
        throw new AppError(
          'subscription_stopped',
          'The delivery is held with its subscription; resume that.',
        );
      const lane = await makeDueNow(db.pool, tenantId, id);
      if (lane !== null) wake([lane]);
      return updated(tenantId, id);
    },
    async cancel(tenantId, id) {
      const row = await find(tenantId, id);
      if (row.finished_at !== null)
        throw new AppError('delivery_finished', `The delivery is ${row.status} already.`);
      if (!(await cancelOne(db.pool, tenantId, id, 'cancelled'))) {
        throw new AppError(
          'conflict',
          'An attempt is in flight; it is finished and recorded. Cancel again once it has settled.',
        );
      }
      return updated(tenantId, id);
    },
    recover: (tenantId, subscriptionId, input) => recover(context, { tenantId, subscriptionId }, input),
  };
}
