import { asUuid } from '../../lib/ids.js';
import type { Profile } from '../../providers/contract.js';
import type { DeliveryPort, PortAttempt, PortDelivery } from '../../providers/port.js';
import { type DeliveryRow, findDelivery, listAttempts, listAttemptsOf } from '../../store/history.js';
import { listDeliveries } from '../../store/list-deliveries.js';
import type { Context } from '../context.js';
import type { DeliveriesService } from '../deliveries.js';
import { noDelivery } from '../history.js';
import { portAttempt } from './attempts.js';

/** Deliveries of one provider in one tenant, with their attempts. */
export function deliveryPort(
  { db }: Pick<Context, 'db'>,
  deliveries: DeliveriesService,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): DeliveryPort {
  const row = async (id: string): Promise<DeliveryRow | null> => {
    const uuid = asUuid(id);
    const found = uuid === null ? null : await findDelivery(db.pool, tenantId, uuid);
    return found?.provider === profile.id ? found : null;
  };
  return {
    list: async ({ after = null, limit, offset, order, sinceMs, untilMs, ...filter }) =>
      (
        await listDeliveries(db, tenantId, {
          // A subscription is one provider's; without one, all of the provider's are wanted.
          ...(filter.subscriptionId === undefined ? { provider: profile.id } : {}),
          ...filter,
          since: sinceMs,
          until: untilMs,
          before: after,
          limit,
          offset,
          order,
        })
      ).map(portDelivery),
    async find(id) {
      const found = await row(id);
      return found && portDelivery(found);
    },
    async attempts(deliveryId) {
      const delivery = await row(deliveryId);
      if (!delivery) throw noDelivery();
      const rows = await listAttempts(db.pool, tenantId, deliveryId);
      const { event_id, subscription_id } = delivery;
      return rows.map((attempt) => portAttempt({ ...attempt, event_id, subscription_id }));
    },
    async attemptsOf(deliveries) {
      const attempts = new Map(deliveries.map(({ id }): [string, PortAttempt[]] => [id, []]));
      const known = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
      for (const row of await listAttemptsOf(db.pool, tenantId, [...known.keys()])) {
        const { eventId, subscriptionId } = known.get(row.delivery_id)!;
        const attempt = portAttempt({ ...row, event_id: eventId, subscription_id: subscriptionId });
        attempts.get(row.delivery_id)!.push(attempt);
      }
      return attempts;
    },
    async resend(id) {
      if (!(await row(id))) throw noDelivery();
      await deliveries.resend(tenantId, id);
    },
    async retryNow(id) {
      if (!(await row(id))) throw noDelivery();
      await deliveries.retryNow(tenantId, id);
    },
  };
}

function portDelivery(row: DeliveryRow): PortDelivery {
  return {
    id: row.id,
    eventId: row.event_id,
    eventType: row.type,
    providerEventId: row.provider_event_id,
    subscriptionId: row.subscription_id,
    status: row.status,
    reason: row.reason,
    attemptCount: row.tries,
    nextAttemptAtMs: row.due_at?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
    finishedAtMs: row.finished_at?.getTime() ?? null,
  };
}
