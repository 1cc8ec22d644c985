import {
  recoverAnswer,
  recoverInput,
  statsQuery,
  stats as statsSchema,
} from '../../services/schemas/deliveries.js';
import { pageQuery } from '../../services/schemas/fields.js';
import { publishResult, testInput } from '../../services/schemas/publish.js';
import {
  secret,
  secretInput,
  secretPage,
  subscription,
  subscriptionInput,
  subscriptionPage,
  subscriptionPatch,
  subscriptionQuery,
} from '../../services/schemas/subscriptions.js';
import type { Services } from '../../services/services.js';
import type { SubscriptionAnswer } from '../../services/subscriptions.js';
import { type Reply, type Route, route, TENANT } from '../route.js';
import { publishedReply } from './events.js';

const ALL = `${TENANT}/subscriptions`;
const ONE = `${ALL}/{id}`;

type Needed = 'subscriptions' | 'secrets' | 'publish' | 'deliveries' | 'stats';

const subscribedReply = ({ subscription: body, notices }: SubscriptionAnswer): Reply => ({ body, notices });
const plainReply = (body: object): Reply => ({ body });

export function subscriptionRoutes(services: Pick<Services, Needed>): Route[] {
  const { subscriptions, secrets, publish, deliveries, stats } = services;
  const shared = { tag: 'Subscriptions', access: 'tenant' as const, id: 'sub' as const };
  const one = { 200: { description: 'The subscription.', schema: subscription } };
  return [
    route({
      ...shared,
      method: 'post',
      path: ALL,
      summary: 'Register a URL with a provider',
      body: subscriptionInput,
      answers: {
        201: {
          description: 'The subscription; its secret this once, when it was made here.',
          schema: subscription,
        },
      },
      handle: async ({ tenantId, body, inside }) =>
        subscribedReply(await subscriptions.create(tenantId, body, inside(subscribedReply))),
    }),
    route({
      ...shared,
      method: 'get',
      path: ALL,
      summary: 'List subscriptions, newest first',
      query: subscriptionQuery,
      answers: { 200: { description: 'A page of subscriptions.', schema: subscriptionPage } },
      handle: async ({ tenantId, query }) => ({ body: await subscriptions.list(tenantId, query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: ONE,
      summary: 'One subscription',
      answers: one,
      handle: async ({ tenantId, id }) => ({ body: await subscriptions.read(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'patch',
      path: ONE,
      summary: 'Change a subscription; URL and secret hold from the next attempt',
      body: subscriptionPatch,
      answers: one,
      handle: async ({ tenantId, id, body }) =>
        subscribedReply(await subscriptions.update(tenantId, id, body)),
    }),
    route({
      ...shared,
      method: 'delete',
      path: ONE,
      summary: 'Remove a subscription: what is pending is cancelled, history stays',
      answers: { 204: { description: 'It is gone.' } },
      async handle({ tenantId, id }) {
        await subscriptions.remove(tenantId, id);
        return {};
      },
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/pause`,
      summary: 'Hold everything until it is resumed',
      answers: one,
      handle: async ({ tenantId, id }) => ({ body: await subscriptions.pause(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/resume`,
      summary: 'Active again; what was held goes out in order of creation',
      answers: one,
      handle: async ({ tenantId, id }) => ({ body: await subscriptions.resume(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/test`,
      summary: 'Send the provider’s test event: one attempt, no retry',
      body: testInput,
      answers: { 202: { description: 'The event and its delivery.', schema: publishResult } },
      handle: async ({ tenantId, id, body, inside }) =>
        publishedReply(await publish.test(tenantId, id, { ...body, ...inside(publishedReply) })),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/secrets`,
      summary: 'Rotate the secret',
      body: secretInput,
      answers: {
        201: { description: 'The new secret; its value this once, when it was made here.', schema: secret },
      },
      handle: async ({ tenantId, id, body, inside }) =>
        plainReply(await secrets.rotate(tenantId, id, { ...body, ...inside(plainReply) })),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${ONE}/secrets`,
      summary: 'List secrets, newest first, without their values',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of secrets.', schema: secretPage } },
      handle: async ({ tenantId, id, query }) => ({ body: await secrets.list(tenantId, id, query) }),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/recover`,
      summary: 'Send again what failed, was never attempted, or all of a range of time',
      body: recoverInput,
      answers: { 202: { description: 'How many are sent again.', schema: recoverAnswer } },
      handle: async ({ tenantId, id, body, inside }) =>
        plainReply(await deliveries.recover(tenantId, id, { ...body, ...inside(plainReply) })),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${ONE}/stats`,
      summary: 'How deliveries to a subscription went',
      query: statsQuery,
      answers: { 200: { description: 'Counts.', schema: statsSchema } },
      handle: async ({ tenantId, id, query }) => ({ body: await stats.read(tenantId, id, query.since) }),
    }),
  ];
}
