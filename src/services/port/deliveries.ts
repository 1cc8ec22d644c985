import { asUuid } from '../../lib/ids.js';
import type { Profile } from '../../providers/contract.js';
import type { DeliveryPort, PortAttempt, PortDelivery } from '../../providers/port.js';
import {
  type AttemptRow,
  type DeliveryRow,
  findDelivery,
  listAttempts,
  listDeliveries,
} from '../../store/history.js';
import { TRIGGERS } from '../../store/queue.js';
import type { Context } from '../context.js';
import type { DeliveriesService } from '../deliveries.js';
import { noDelivery } from '../history.js';

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
    list: async ({ after = null, limit, order, ...filter }) =>
      (
        await listDeliveries(db.pool, tenantId, {
          provider: profile.id,
          ...filter,
          before: after,
          limit,
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
      return rows.map((attempt) => portAttempt(attempt, delivery));
    },
    async resend(id) {
      if (!(await row(id))) throw noDelivery();
      await deliveries.resend(tenantId, id);
    },
  };
}

function portDelivery(row: DeliveryRow): PortDelivery {
  return {
    id: row.id,
    eventId: row.event_id,
    subscriptionId: row.subscription_id,
    status: row.status,
    reason: row.reason,
    attemptCount: row.tries,
    nextAttemptAtMs: row.due_at?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
    finishedAtMs: row.finished_at?.getTime() ?? null,
  };
}

function portAttempt(row: AttemptRow, delivery: DeliveryRow): PortAttempt {
  return {
    id: row.id,
    deliveryId: row.delivery_id,
    eventId: delivery.event_id,
    subscriptionId: delivery.subscription_id,
    number: row.number,
    trigger: TRIGGERS[row.trigger] ?? 'scheduled',
    outcome: row.outcome,
    reason: row.reason,
    startedAtMs: row.started_at.getTime(),
    durationMs: row.duration_ms,
    nextAttemptAtMs: row.next_attempt_at?.getTime() ?? null,
    url: row.url,
    requestHeaders: JSON.parse(row.request_headers),
    responseStatus: row.response_status,
    responseHeaders: JSON.parse(row.response_headers ?? '[]'),
    responseBody: row.response_body,
  };
}
