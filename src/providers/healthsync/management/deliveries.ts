import { z } from 'zod';
import { documentedClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port } from '../../port.js';
import { eventTypes } from '../events/catalogue.js';
import { SEED } from '../sources.js';
import {
  attempt,
  attemptOf,
  count,
  dataOf,
  delivery,
  isCounted,
  response,
  responseOf,
  STATUSES,
} from './log-entry.js';
import { entry, offsetOf, page, paged, pageQuery, resource } from './shapes.js';
import { WEBHOOKS, webhookOf } from './webhooks.js';

const LOG = `${WEBHOOKS}/{id}/deliveries`;
const summary = {
  successful_deliveries: count,
  failed_deliveries: count,
  failed_attempts: count,
  retry_attempts: count,
  response_codes: z
    .record(z.string(), count)
    .meta({ description: 'Attempts by code; `none` without an answer.' }),
  failure_rate: z
    .number()
    .nullable()
    .meta({ description: 'Failed of all deliveries that ended, 0 to 1; null when none has.' }),
};

const list = doorRoute({
  method: 'get',
  path: LOG,
  summary: 'The delivery log of a webhook, newest first, with its failure rate',
  claim: documentedClaim(SEED, 'View delivery history: - Successful deliveries - Failed attempts'),
  query: z.strictObject({ ...pageQuery, status: z.enum(STATUSES).optional() }),
  answers: { 200: { description: 'A page.', schema: page(entry('delivery', delivery), summary) } },
  handle: async (call) => {
    const { port, query, baseUrl } = call;
    const { id } = await webhookOf(call);
    const filter = { subscriptionId: id, ...(query.status ? { status: [query.status] } : {}) };
    const total = await countOf(port, id, query.status);
    const found = await port.deliveries.list({ ...filter, ...offsetOf(query) });
    const attempts = await port.deliveries.attemptsOf(found);
    const stats = await port.subscriptions.stats(id, null);
    const status = query.status ? `?status=${query.status}` : '';
    const at = `${new URL(baseUrl).pathname}${LOG.replace('{id}', id)}${status}`;
    const { meta, links } = paged(total, query, at);
    const told = {
      successful_deliveries: stats.delivered,
      failed_deliveries: stats.failed,
      failed_attempts: stats.failedAttempts,
      retry_attempts: stats.retries,
      response_codes: stats.byStatusCode,
      failure_rate: stats.rate === null ? null : stats.failed / (stats.delivered + stats.failed),
    };
    const data = found.map((one) => dataOf(one, attempts.get(one.id) ?? []));
    return { status: 200, body: { data, meta: { ...meta, ...told }, links } };
  },
});

async function countOf(port: Port, id: string, status: string | undefined): Promise<number> {
  const counts = await port.subscriptions.count(id);
  if (status !== undefined) return counts[status] ?? 0;
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

const read = doorRoute({
  method: 'get',
  path: `${LOG}/{delivery}`,
  summary: 'One delivery, with what the endpoint answered',
  claim: documentedClaim(SEED, 'Check response from your endpoint'),
  answers: {
    200: {
      description: 'The delivery.',
      schema: resource(
        'delivery',
        delivery.extend({ attempts: z.array(attempt.extend({ response: response.nullable() })) }),
      ),
    },
  },
  handle: async (call) => {
    const { id } = await webhookOf(call);
    const found = await call.port.deliveries.find(call.params.delivery ?? '');
    if (found?.subscriptionId !== id) throw new DoorRefusal(404, 'not_found', 'There is no such delivery.');
    const attempts = (await call.port.deliveries.attempts(found.id)).filter(isCounted);
    const { attributes, ...data } = dataOf(found, attempts);
    const answered = attempts.map((one) => ({ ...attemptOf(one), response: responseOf(one) }));
    const body = { data: { ...data, attributes: { ...attributes, attempts: answered } }, meta: {} };
    return { status: 200, body };
  },
});

const test = doorRoute({
  method: 'post',
  path: `${WEBHOOKS}/{id}/test`,
  summary: 'Send a test event: a sample of a type of your choice, once',
  claim: documentedClaim(SEED, 'Click "Send Test Event"'),
  body: z.strictObject({
    type: z
      .enum(eventTypes)
      .optional()
      .meta({ description: 'Left out: the first event that the webhook subscribes to.' }),
  }),
  answers: { 201: { description: 'On its way.', schema: resource('delivery', delivery) } },
  handle: async (call) => {
    const { id, events } = await webhookOf(call);
    const type = call.body.type ?? events?.[0] ?? eventTypes[0];
    const { deliveries, notices } = await call.port.subscriptions.test(id, { type });
    const made = await call.port.deliveries.find(deliveries[0]!.id);
    if (!made) throw new DoorRefusal(404, 'not_found', 'The delivery is gone already.');
    const attempts = await call.port.deliveries.attempts(made.id);
    return { status: 201, body: { data: dataOf(made, attempts), meta: {} }, notices };
  },
});

export const deliveryRoutes: readonly DoorRoute[] = [list, read, test];
