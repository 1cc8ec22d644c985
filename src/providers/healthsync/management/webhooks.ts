import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { assumedClaim } from '../../claims.js';
import { type DoorCall, DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { PortSubscription } from '../../port.js';
import { eventTypes } from '../events/catalogue.js';
import { SEED } from '../sources.js';
import { entry, instant, offsetOf, page, paged, pageQuery, resource } from './shapes.js';

export const WEBHOOKS = '/v1/webhooks';

const claim = assumedClaim(
  'The page knows the form in the settings only; path and shape follow the API of the sibling pages.',
  SEED,
);

const attributes = z.strictObject({
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  created_at: instant,
  updated_at: instant,
});

const webhook = resource('webhook', attributes);

const madeWebhook = resource(
  'webhook',
  attributes.extend({
    secret: z.string().optional().meta({ description: 'Once, when it was left out and made here.' }),
  }),
);

const events = z.array(z.string()).min(1, 'must name at least one event').max(200);
const secret = z.string().meta({ description: 'Never answered again.' });

const shown = ({ url, events, status, createdAtMs, updatedAtMs }: PortSubscription) => ({
  url,
  events: [...(events ?? eventTypes)],
  active: status === 'active',
  created_at: isoMillis(createdAtMs),
  updated_at: isoMillis(updatedAtMs),
});
const dataOf = (found: PortSubscription) => ({ id: found.id, type: 'webhook', attributes: shown(found) });
const answer = (found: PortSubscription) => ({ data: dataOf(found), meta: {} });

const create = doorRoute({
  method: 'post',
  path: WEBHOOKS,
  summary: 'Create a webhook',
  claim,
  body: z.strictObject({
    url: z.string(),
    events,
    active: z.boolean().optional(),
    secret: secret.optional(),
  }),
  answers: { 201: { description: 'Created.', schema: madeWebhook } },
  handle: async ({ port, environment, body }) => {
    const made = await port.subscriptions.create({ ...body, environment });
    const { data, meta } = answer(made.subscription);
    const own = body.secret === undefined ? { secret: made.secret } : {};
    const shownOnce = { ...data, attributes: { ...data.attributes, ...own } };
    return { status: 201, body: { data: shownOnce, meta }, notices: made.notices };
  },
});

const list = doorRoute({
  method: 'get',
  path: WEBHOOKS,
  summary: 'Webhooks, newest first',
  claim,
  query: z.strictObject({
    ...pageQuery,
    sort: z.enum(['created_at', '-created_at']).default('-created_at'),
  }),
  answers: { 200: { description: 'A page.', schema: page(entry('webhook', attributes), {}) } },
  handle: async ({ port, environment, query, baseUrl }) => {
    const order = query.sort === 'created_at' ? 'ascending' : 'descending';
    const total = await port.subscriptions.total({ environment });
    const found = await port.subscriptions.list({ environment, order, ...offsetOf(query) });
    const at = `${new URL(baseUrl).pathname}${WEBHOOKS}?sort=${query.sort}`;
    return { status: 200, body: { data: found.map(dataOf), ...paged(total, query, at) } };
  },
});

const read = doorRoute({
  method: 'get',
  path: `${WEBHOOKS}/{id}`,
  summary: 'One webhook',
  claim,
  answers: { 200: { description: 'The webhook.', schema: webhook } },
  handle: async (call) => ({ status: 200, body: answer(await webhookOf(call)) }),
});

const update = doorRoute({
  method: 'patch',
  path: `${WEBHOOKS}/{id}`,
  summary: 'Change URL, events or signing secret; enable or disable',
  claim,
  body: z.strictObject({
    url: z.string().optional(),
    events: events.optional(),
    active: z.boolean().optional(),
    secret: secret.optional(),
  }),
  answers: { 200: { description: 'The webhook as it is now.', schema: webhook } },
  handle: async (call) => {
    const { id } = await webhookOf(call);
    const { subscription, notices } = await call.port.subscriptions.update(id, call.body);
    return { status: 200, body: answer(subscription), notices };
  },
});

const remove = doorRoute({
  method: 'delete',
  path: `${WEBHOOKS}/{id}`,
  summary: 'Delete a webhook',
  claim,
  answers: { 204: { description: 'Deleted; what was pending is cancelled.' } },
  handle: async (call) => {
    await call.port.subscriptions.remove((await webhookOf(call)).id);
    return { status: 204 };
  },
});

export const webhookRoutes: readonly DoorRoute[] = [create, list, read, update, remove];

/** The webhook in the path. @throws DoorRefusal for another tenant's or environment's, too. */
export async function webhookOf({
  port,
  environment,
  params,
}: Pick<DoorCall, 'port' | 'environment' | 'params'>): Promise<PortSubscription> {
  const found = await port.subscriptions.find(params.id ?? '');
  if (found?.environment === environment) return found;
  throw new DoorRefusal(404, 'not_found', 'There is no such webhook.');
}
