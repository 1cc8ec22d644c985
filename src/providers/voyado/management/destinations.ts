import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { type DoorRoute, doorRoute } from '../../front-door.js';
import type { PortDelivery } from '../../port.js';
import { svixId, uuidOfSvixId } from '../svix-ids.js';
import { destinationShape, endpointIn, shownDestination } from './endpoint.js';
import { placeIn } from './endpoints.js';
import {
  aboutMessages,
  filterOf,
  locateMessage,
  messageId,
  messageIn,
  messageShape,
  shownMessage,
} from './message.js';
import { listOf, pageOf, pageQuery } from './paging.js';
import { at, claim } from './route.js';
import { deliveryStatus, deliveryStatuses, statusQuery, statusShape } from './status.js';

const delivery = { ...statusShape, nextAttempt: z.iso.datetime().nullable() };
const endpointMessage = messageShape.extend(delivery).meta({ id: 'SvixEndpointMessageOut' });
const messageEndpoint = destinationShape.extend(delivery).meta({ id: 'SvixMessageEndpointOut' });

function shown({ status, nextAttemptAtMs }: PortDelivery, expanded: boolean) {
  return {
    ...deliveryStatus(status, expanded),
    nextAttempt: nextAttemptAtMs === null ? null : isoMillis(nextAttemptAtMs),
  };
}

/** What was sent where, as far as it is known to a message or to an endpoint. */
export const destinations: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/endpoint/{endpoint_id}/msg'),
    summary: 'List the messages of an endpoint, each with how it stands',
    claim: claim(),
    query: pageQuery.extend({ ...aboutMessages, ...statusQuery }),
    answers: { 200: { description: 'A page of them, newest first.', schema: listOf(endpointMessage) } },
    handle: async (call) => {
      const { port, query } = call;
      const place = await placeIn(call);
      const { id: subscriptionId } = await endpointIn(place, call.params.endpoint_id);
      const status = deliveryStatuses(query);
      const filter = { subscriptionId, ...filterOf(query), ...(status ? { status } : {}) };
      const { rows, rest } = await pageOf(query, {
        order: 'descending',
        locate: async (id) => {
          const eventId = await locateMessage(call, place.application, id);
          const last = eventId && (await port.deliveries.list({ subscriptionId, eventId, limit: 1 }))[0];
          return last ? last.id : null;
        },
        read: async (listing) => {
          const found = await port.deliveries.list({ ...filter, ...listing });
          const ids = found.map(({ eventId }) => eventId);
          const events =
            ids.length === 0
              ? []
              : await port.events.list({ ids, limit: ids.length, withBody: query.with_content });
          const byId = new Map(events.map((event) => [event.id, event]));
          return found.flatMap((one) => {
            const event = byId.get(one.eventId);
            return event ? { delivery: one, event } : [];
          });
        },
        iteratorOf: ({ event }) => messageId(event),
      });
      const data = rows.map((row) => ({
        ...shownMessage(row.event, query.with_content),
        ...shown(row.delivery, query.expanded_statuses),
      }));
      return { status: 200, body: { data, ...rest } };
    },
  }),
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/msg/{msg_id}/endpoint'),
    summary: 'List the endpoints of a message, each with how it stands',
    claim: claim('an endpoint that was deleted is left out'),
    query: pageQuery.extend({ expanded_statuses: statusQuery.expanded_statuses }),
    answers: { 200: { description: 'A page of them.', schema: listOf(messageEndpoint) } },
    handle: async (call) => {
      const { port, query } = call;
      const { app, event } = await messageIn(call);
      const scope = { eventId: event.id, application: app.key };
      const { rows, rest } = await pageOf(query, {
        order: 'descending',
        locate: async (id) => {
          const subscriptionId = uuidOfSvixId('ep', id);
          if (subscriptionId === null) return null;
          return (await port.deliveries.list({ ...scope, subscriptionId, limit: 1 }))[0]?.id ?? null;
        },
        read: (listing) => port.deliveries.list({ ...scope, ...listing }),
        iteratorOf: ({ subscriptionId }) => svixId('ep', subscriptionId),
      });
      const ids = rows.map(({ subscriptionId }) => subscriptionId);
      const found = ids.length === 0 ? [] : await port.subscriptions.list({ ids, limit: ids.length });
      const endpoints = new Map(found.map((endpoint) => [endpoint.id, endpoint]));
      const data = rows.flatMap((row) => {
        const endpoint = endpoints.get(row.subscriptionId);
        return endpoint ? [{ ...shownDestination(endpoint), ...shown(row, query.expanded_statuses) }] : [];
      });
      return { status: 200, body: { data, ...rest } };
    },
  }),
];
