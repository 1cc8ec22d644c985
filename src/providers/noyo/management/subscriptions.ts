import { z } from 'zod';
import { assumedClaim } from '../../claims.js';
import { type DoorCall, DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port, PortSubscription } from '../../port.js';
import { SEED } from '../sources.js';
import { page, paged, pageQuery, unixSeconds } from './pages.js';
import { signingSecret, signingSecretOf, weakness } from './signing-secret.js';

export const SUBSCRIPTIONS = '/subscriptions';

export const claim = assumedClaim(
  'The document knows only the web form: Developer > Webhooks, "New subscription".',
  SEED,
);

const instant = z.int().meta({ description: 'Unix seconds, on the tenant’s clock.' });

const subscription = z.strictObject({
  id: z.guid(),
  destination: z.string(),
  environment: z.string(),
  status: z.string().meta({ description: 'active, unhealthy, failed; or stopped by hand.' }),
  unhealthy_since: instant.nullable(),
  secrets: z
    .array(signingSecret)
    .meta({ description: 'Those that sign now, newest first; never their values.' }),
  created: instant,
  modified: instant,
});

async function shown(port: Port, found: PortSubscription) {
  const secrets = await port.subscriptions.secrets(found.id);
  return {
    id: found.id,
    destination: found.url,
    environment: found.environment,
    status: found.status,
    unhealthy_since: found.unhealthySinceMs === null ? null : unixSeconds(found.unhealthySinceMs),
    secrets: secrets.map(signingSecretOf),
    created: unixSeconds(found.createdAtMs),
    modified: unixSeconds(found.updatedAtMs),
  };
}

const create = doorRoute({
  method: 'post',
  path: SUBSCRIPTIONS,
  summary: 'New subscription: the form with Destination, Secret and, if you like, an API key name',
  claim,
  body: z.strictObject({
    destination: z.string().meta({ description: 'The URL where you would like to receive webhooks.' }),
    secret: z.string().meta({ description: 'A random string with high entropy. Never answered again.' }),
    api_key_name: z.string().min(1).max(200).optional().meta({ description: 'To assist in key rotation.' }),
    environment: z.string().optional().meta({ description: 'production; there are no webhooks in sandbox.' }),
  }),
  answers: { 201: { description: 'Made.', schema: subscription } },
  handle: async ({ port, environment, body }) => {
    const made = await port.subscriptions.create({
      url: body.destination,
      secret: body.secret,
      secretName: body.api_key_name ?? null,
      environment: body.environment ?? environment,
    });
    const notices = [...made.notices, ...weakness(body.secret)];
    return { status: 201, body: await shown(port, made.subscription), notices };
  },
});

const list = doorRoute({
  method: 'get',
  path: SUBSCRIPTIONS,
  summary: 'Subscriptions, newest first',
  claim,
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page.', schema: page(subscription) } },
  handle: async ({ port, environment, query }) => {
    const total = await port.subscriptions.total({ environment });
    const { page_size: limit, offset } = query;
    const found = await port.subscriptions.list({ environment, limit, offset });
    const response = [];
    for (const one of found) response.push(await shown(port, one));
    return { status: 200, body: paged(response, total, query) };
  },
});

const read = doorRoute({
  method: 'get',
  path: `${SUBSCRIPTIONS}/{id}`,
  summary: 'One subscription',
  claim,
  answers: { 200: { description: 'The subscription.', schema: subscription } },
  handle: async (call) => ({ status: 200, body: await shown(call.port, await subscriptionOf(call)) }),
});

const remove = doorRoute({
  method: 'delete',
  path: `${SUBSCRIPTIONS}/{id}`,
  summary: 'Delete a subscription',
  claim,
  answers: { 204: { description: 'Deleted; what was pending is cancelled.' } },
  handle: async (call) => {
    await call.port.subscriptions.remove((await subscriptionOf(call)).id);
    return { status: 204 };
  },
});

const test = doorRoute({
  method: 'post',
  path: `${SUBSCRIPTIONS}/{id}/test`,
  summary: 'Send a test request: test.hello_world, once',
  claim: assumedClaim('The document has a button for it in the app: "Send a test event".', SEED),
  answers: {
    202: {
      description: 'On its way.',
      schema: z.strictObject({ event_id: z.guid().nullable(), delivery_id: z.guid() }),
    },
  },
  handle: async (call) => {
    const { id } = await subscriptionOf(call);
    const { providerEventId, deliveries, notices } = await call.port.subscriptions.test(id, {});
    const body = { event_id: providerEventId, delivery_id: deliveries[0]!.id };
    return { status: 202, body, notices };
  },
});

export const subscriptionRoutes: readonly DoorRoute[] = [create, list, read, remove, test];

/** The subscription in the path. @throws DoorRefusal for another tenant's, too. */
export async function subscriptionOf({
  port,
  environment,
  params,
}: Pick<DoorCall, 'port' | 'environment' | 'params'>): Promise<PortSubscription> {
  const found = await port.subscriptions.find(params.id ?? '');
  if (found?.environment === environment) return found;
  throw new DoorRefusal(404, 'not_found', 'There is no such subscription.');
}
