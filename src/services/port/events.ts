import { asUuid, publicId } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import type { Profile } from '../../providers/contract.js';
import type { EventPort, PortEvent, PortPublished } from '../../providers/port.js';
import { type EventRow, emptyEvent, findEvent, listEvents } from '../../store/history.js';
import type { Queryable } from '../../store/tenant-clock.js';
import type { Context } from '../context.js';
import type { PublishResult, PublishService } from '../publish.js';
import { uuidOf } from './ids.js';

/** Events of one provider in one tenant. */
export function eventPort(
  { db }: Pick<Context, 'db'>,
  publish: PublishService,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): EventPort {
  return {
    async publish({ subscriptionId, ...input }, inside) {
      const target = subscriptionId === undefined ? {} : { subscriptionId: publicId('sub', subscriptionId) };
      const wanted = { provider: profile.id, ...input, ...target };
      const more = inside && {
        inside: (client: Queryable, result: PublishResult) => inside(client as never, portPublished(result)),
      };
      return portPublished(await publish.publish(tenantId, wanted, more));
    },
    list: async ({ after = null, limit, order, sinceMs, untilMs, ...filter }) =>
      (
        await listEvents(db, tenantId, {
          provider: profile.id,
          ...filter,
          since: sinceMs,
          until: untilMs,
          before: after,
          limit,
          order,
        })
      ).map(portEvent),
    async find(id) {
      const uuid = asUuid(id);
      const row = uuid === null ? null : await findEvent(db.pool, tenantId, uuid);
      return row?.provider === profile.id ? portEvent(row) : null;
    },
    async expunge(id) {
      const row = await findEvent(db.pool, tenantId, id);
      if (row?.provider === profile.id) await emptyEvent(db.pool, tenantId, id);
    },
  };
}

function portEvent(row: EventRow & { body?: Buffer | null }): PortEvent {
  return {
    id: row.id,
    type: row.type,
    variant: row.variant,
    environment: row.environment,
    providerEventId: row.provider_event_id,
    application: row.application,
    channels: row.channels,
    uid: row.uid,
    details: row.details as Record<string, Json> | null,
    createdAtMs: row.created_at.getTime(),
    body: row.body ?? null,
  };
}

export function portPublished(result: PublishResult): PortPublished {
  return {
    id: uuidOf(result.id),
    providerEventId: result.providerEventId,
    createdAtMs: Date.parse(result.createdAt),
    deliveries: result.deliveries.map(({ id, subscriptionId, status }) => ({
      id: uuidOf(id),
      subscriptionId: uuidOf(subscriptionId),
      status,
    })),
    notices: result.notices,
  };
}
