import { event, eventBodyQuery, eventPage, eventQuery } from '../../services/schemas/deliveries.js';
import { batchInput, batchResult, publishInput, publishResult } from '../../services/schemas/publish.js';
import type { Services } from '../../services/services.js';
import { withExactPayload, withExactPayloads } from '../exact-payload.js';
import { type Reply, type Route, route, TENANT } from '../route.js';

const BATCH_BYTES = 16 * 1024 * 1024;
const BYTES = 'application/octet-stream';

/** Notices go into a header. */
export function publishedReply<T extends { notices: string[] }>({ notices, ...body }: T): Reply {
  return { body, notices };
}

export function eventRoutes({ publish, history }: Pick<Services, 'publish' | 'history'>): Route[] {
  const shared = { tag: 'Events', access: 'tenant' as const, id: 'evt' as const };
  return [
    route({
      ...shared,
      method: 'post',
      path: `${TENANT}/events`,
      summary: 'Publish an event',
      often: true,
      body: publishInput,
      answers: {
        202: { description: 'Stored with its deliveries; they are on their way.', schema: publishResult },
      },
      handle: async ({ tenantId, body, text, inside }) =>
        publishedReply(await publish.publish(tenantId, withExactPayload(body, text), inside(publishedReply))),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${TENANT}/events/batch`,
      summary: 'Publish up to 1,000 events, all or none',
      body: batchInput,
      bodyLimit: BATCH_BYTES,
      answers: { 202: { description: 'Stored, in the order given.', schema: batchResult } },
      handle: async ({ tenantId, body, text, inside }) =>
        publishedReply(
          await publish.batch(tenantId, withExactPayloads(body.events, text), inside(publishedReply)),
        ),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/events`,
      summary: 'List events, newest first, without their bodies',
      query: eventQuery,
      answers: { 200: { description: 'A page of events.', schema: eventPage } },
      handle: async ({ tenantId, query }) => ({ body: await history.events(tenantId, query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/events/{id}`,
      summary: 'One event; with body=raw its exact bytes',
      query: eventBodyQuery,
      answers: { 200: { description: 'The event, or its bytes.', schema: event, types: [BYTES] } },
      async handle({ tenantId, id, query }) {
        if (query.body === 'raw') return { bytes: await history.eventBytes(tenantId, id), type: BYTES };
        return { body: await history.event(tenantId, id) };
      },
    }),
  ];
}
