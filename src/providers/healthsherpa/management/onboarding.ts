import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { assumedClaim, documentedClaim, externalClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port, PortSubscription } from '../../port.js';
import { SEED, SKILL } from '../sources.js';
import { type Form, form, formOf, secretChange, subscriptionFrom } from './form.js';

const nextAction = z.strictObject({ rel: z.string(), href: z.string(), method: z.string() });
const onboarding = z.strictObject({
  onboarding_id: z.string(),
  status: z.string().describe('requested, configured, live, or what the account made of it later.'),
  live_in: z.enum(['sandbox', 'production']).nullable().describe('Whose events arrive now.'),
  ...form.shape,
  created_at: z.string(),
  updated_at: z.string(),
  next_actions: z.array(nextAction),
});
const sample = z.strictObject({
  webhook: z.enum(['submission_confirmation', 'policy_status']).default('policy_status'),
  exchange: z.enum(['on_exchange', 'off_exchange']).default('off_exchange'),
});
const range = z
  .strictObject({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'must be after from' });

const ASSUMED_STEP = assumedClaim('HealthSherpa does this by hand; here whoever holds the key does it', SEED);
const PATH = '/onboarding/{id}';
const one = { description: 'As it stands.', schema: onboarding };

/** A form handed in, what becomes of it, and what is asked of the account manager afterwards. */
export const onboardingRoutes: readonly DoorRoute[] = [
  doorRoute({
    method: 'post',
    path: '/onboarding',
    summary: 'Hand in the onboarding form: a webhook is requested',
    claim: documentedClaim(SEED, 'Your onboarding contact will provide a form for you to fill out'),
    body: form,
    answers: { 201: { description: 'Requested; nothing is delivered yet.', schema: onboarding } },
    handle: async ({ port, body, baseUrl }) => {
      const { secret } = secretChange(body, null);
      const { subscription, notices } = await port.subscriptions.create({
        ...subscriptionFrom(body),
        ...(secret == null ? {} : { secret }),
        environment: 'sandbox',
        status: 'requested',
      });
      return { status: 201, body: await shown(port, subscription, baseUrl), notices };
    },
  }),
  doorRoute({
    method: 'get',
    path: '/onboarding',
    summary: 'What was handed in, newest first',
    claim: ASSUMED_STEP,
    query: z.object({
      status: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(100).default(25),
      after: z.string().optional().describe('onboarding_id of the last one seen.'),
    }),
    answers: {
      200: { description: 'A page.', schema: z.strictObject({ onboardings: z.array(onboarding) }) },
    },
    handle: async ({ port, query, baseUrl }) => {
      const { status, limit } = query;
      const after = query.after === undefined ? null : (await found(port, query.after)).id;
      const filter = status === undefined ? {} : { status: status === 'live' ? 'active' : status };
      const page = await port.subscriptions.list({ ...filter, limit, after });
      const onboardings = [];
      for (const each of page) onboardings.push(await shown(port, each, baseUrl));
      return { status: 200, body: { onboardings } };
    },
  }),
  doorRoute({
    method: 'get',
    path: PATH,
    summary: 'One of them',
    claim: ASSUMED_STEP,
    answers: { 200: one },
    handle: async ({ port, params, baseUrl }) => ({
      status: 200,
      body: await shown(port, await found(port, params.id), baseUrl),
    }),
  }),
  doorRoute({
    method: 'put',
    path: PATH,
    summary: 'Hand in the form again, changed; it holds from the next attempt on',
    claim: externalClaim(SKILL, 'the account manager registers or updates a webhook URL'),
    body: form,
    answers: { 200: one },
    handle: async ({ port, params, body, baseUrl }) => {
      const before = await found(port, params.id);
      const { id, status } = before;
      const inOnboarding = status === 'requested' || status === 'configured';
      const { subscription, notices } = await port.subscriptions.update(id, {
        ...subscriptionFrom(body),
        ...secretChange(body, await filledIn(port, before)),
        environment: inOnboarding ? 'sandbox' : body.environment,
        onlyFrom: status,
      });
      return { status: 200, body: await shown(port, subscription, baseUrl), notices };
    },
  }),
  doorRoute({
    method: 'delete',
    path: PATH,
    summary: 'Take the webhook out',
    claim: ASSUMED_STEP,
    answers: { 204: { description: 'Gone; what was pending is cancelled.' } },
    handle: async ({ port, params }) => {
      await port.subscriptions.remove((await found(port, params.id)).id);
      return { status: 204 };
    },
  }),
  doorRoute({
    method: 'post',
    path: `${PATH}/configure`,
    summary: 'HealthSherpa registers the endpoint: sandbox events arrive',
    claim: documentedClaim(SEED, 'We will notify you once your webhook is live in staging for testing'),
    answers: { 200: one },
    handle: async ({ port, params, baseUrl }) => {
      const { id } = await found(port, params.id);
      const step = { status: 'configured', onlyFrom: 'requested' };
      const { subscription } = await port.subscriptions.update(id, step);
      return { status: 200, body: await shown(port, subscription, baseUrl) };
    },
  }),
  doorRoute({
    method: 'post',
    path: `${PATH}/go-live`,
    summary: 'HealthSherpa enables delivery in the environment of the form',
    claim: documentedClaim(SEED, 'Enable webhook delivery for your account'),
    answers: { 200: one },
    handle: async ({ port, params, baseUrl }) => {
      const asked = await found(port, params.id);
      const { environment } = await filledIn(port, asked);
      const step = { status: 'active', onlyFrom: 'configured', onlyRevision: asked.revision, environment };
      const { subscription } = await port.subscriptions.update(asked.id, step);
      return { status: 200, body: await shown(port, subscription, baseUrl) };
    },
  }),
  doorRoute({
    method: 'post',
    path: `${PATH}/samples`,
    summary: 'Send one sample event, to verify delivery',
    claim: documentedClaim(SEED, 'How to test and verify delivery'),
    body: sample,
    answers: {
      202: { description: 'On its way, once.', schema: z.strictObject({ delivery_id: z.string() }) },
    },
    handle: async ({ port, params, body }) => {
      const { id } = await registered(port, params.id);
      const type = body.webhook === 'submission_confirmation' ? 'submission' : 'sync';
      const { deliveries } = await port.subscriptions.test(id, { type, variant: body.exchange });
      return { status: 202, body: { delivery_id: deliveries[0]!.id } };
    },
  }),
  doorRoute({
    method: 'post',
    path: `${PATH}/replay`,
    summary: 'Send the failed events of a time range once more',
    claim: externalClaim(SKILL, 'failed events can be replayed on request, by time range'),
    body: range,
    answers: {
      202: {
        description: 'How many go out again, one attempt each.',
        schema: z.strictObject({ replayed: z.number().int() }),
      },
    },
    handle: async ({ port, params, body }) => {
      const { id } = await registered(port, params.id);
      const replayed = await port.subscriptions.recover(id, {
        sinceMs: Date.parse(body.from),
        untilMs: Date.parse(body.to),
        which: 'failed',
      });
      return { status: 202, body: { replayed } };
    },
  }),
];

async function found(port: Port, id = ''): Promise<PortSubscription> {
  const subscription = await port.subscriptions.find(id);
  if (!subscription) throw new DoorRefusal(404, 'not_found', 'There is no such onboarding.');
  return subscription;
}

/** One whose endpoint HealthSherpa knows. */
async function registered(port: Port, id?: string): Promise<PortSubscription> {
  const subscription = await found(port, id);
  if (subscription.status === 'requested')
    throw new DoorRefusal(409, 'not_configured', 'The webhook is requested only: configure it first.');
  return subscription;
}

async function filledIn(port: Port, subscription: PortSubscription): Promise<Form> {
  return formOf(subscription, (await port.subscriptions.secrets(subscription.id)).length > 0);
}

async function shown(
  port: Port,
  subscription: PortSubscription,
  baseUrl: string,
): Promise<z.output<typeof onboarding>> {
  const { id, status, environment, createdAtMs, updatedAtMs } = subscription;
  const delivers = status === 'active' || status === 'configured';
  const action = (rel: string, path: string, method: string) => ({
    rel,
    href: `${baseUrl}/onboarding/${id}${path}`,
    method,
  });
  return {
    onboarding_id: id,
    status: status === 'active' ? 'live' : status,
    live_in: delivers ? (environment === 'sandbox' ? 'sandbox' : 'production') : null,
    ...(await filledIn(port, subscription)),
    created_at: isoMillis(createdAtMs),
    updated_at: isoMillis(updatedAtMs),
    next_actions: [
      action('self', '', 'GET'),
      ...(status === 'requested' ? [action('configure', '/configure', 'POST')] : []),
      ...(status === 'configured' ? [action('go_live', '/go-live', 'POST')] : []),
      ...(delivers ? [action('sample', '/samples', 'POST'), action('replay', '/replay', 'POST')] : []),
    ],
  };
}
