import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { documentedClaim, externalClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port } from '../../port.js';
import { type SubscriptionSettings, tenantOf } from '../settings.js';
import { PLAN, SEED } from '../sources.js';
import { fields, refuseUnknownClinic, uuid } from './fields.js';

const PATH = '/api/external/webhook';
const GETS_THE_KEY =
  'The webhook gets this very key as x-api-key, and whoever has it may use it here: register with a key made for that, or set webhookSecret.';

const registration = fields({
  clinic_id: uuid('Clinic ID'),
  webhook_url: z.string({
    error: ({ input }) =>
      input === undefined ? 'Webhook URL is required.' : 'Webhook URL must be an HTTPS URL.',
  }),
});

const registered = z.strictObject({
  success: z.literal(true),
  data: z.strictObject({
    webhook_id: z.guid(),
    webhook_url: z.string(),
    clinic_id: z.guid(),
    created_at: z.iso.datetime({ precision: 3 }),
  }),
  message: z.string(),
});

const deleted = z.strictObject({ success: z.literal(true), message: z.string() });

const register = doorRoute({
  method: 'post',
  path: PATH,
  summary: 'Register a webhook for a clinic; it will carry the key it is made with',
  claim: documentedClaim(SEED, 'Register your webhook URL with NovaMed'),
  body: registration,
  answers: {
    200: { description: 'Registered.', schema: registered },
    201: { description: 'Registered, under the preset registered201.', schema: registered },
  },
  handle: async ({ port, environment, body: { clinic_id, webhook_url }, key }) => {
    const settings = tenantOf(await port.settings());
    refuseUnknownClinic(clinic_id, settings);
    const { subscription, notices } = await port.subscriptions.create({
      url: webhook_url,
      environment,
      secret: settings.webhookSecret ?? key,
      settings: { clinicId: clinic_id },
      presets: settings.plainHttp === 'neverSent' ? ['acceptNeverSend'] : [],
    });
    const data = {
      webhook_id: subscription.id,
      webhook_url: subscription.url,
      clinic_id,
      created_at: isoMillis(subscription.createdAtMs),
    };
    const message = 'Webhook registered successfully';
    const given = settings.webhookSecret === null ? [...notices, GETS_THE_KEY] : notices;
    return { status: settings.registerStatus, body: { success: true, data, message }, notices: given };
  },
});

const remove = doorRoute({
  method: 'delete',
  path: PATH,
  summary: 'Delete a webhook: by clinic_id and webhook_id in the body, or by ?id=',
  claim: documentedClaim(SEED, 'To remove a registered webhook'),
  query: z.strictObject({ id: uuid('Webhook ID').optional() }),
  body: fields({ clinic_id: uuid('Clinic ID').optional(), webhook_id: uuid('Webhook ID').optional() }),
  answers: { 200: { description: 'Deleted.', schema: deleted } },
  handle: async ({ port, environment, query, body: { clinic_id, webhook_id } }) => {
    const id = webhook_id ?? query.id;
    if (id === undefined) throw missing('webhook_id', 'Webhook ID is required.');
    if (webhook_id !== undefined && clinic_id === undefined)
      throw missing('clinic_id', 'Clinic ID is required.');
    if (query.id !== undefined && query.id.toLowerCase() !== id.toLowerCase())
      throw missing('webhook_id', 'The body and the query name two webhooks; name one.');
    return removed(port, { id, environment, clinicId: clinic_id });
  },
});

function missing(field: string, message: string): DoorRefusal {
  const issues = [{ in: 'body' as const, path: [field], message, type: 'custom' }];
  return new DoorRefusal(400, 'invalid_request', message, issues);
}

const removeByPath = doorRoute({
  method: 'delete',
  path: `${PATH}/{id}`,
  summary: 'Delete a webhook by its id in the path',
  claim: externalClaim(PLAN, 'an older plan of the API has the id in the path'),
  answers: { 200: { description: 'Deleted.', schema: deleted } },
  handle: ({ port, environment, params }) => removed(port, { id: params.id ?? '', environment }),
});

/** Another environment's, another clinic's and another tenant's are not there. */
async function removed(
  port: Port,
  { id, environment, clinicId }: { id: string; environment: string; clinicId?: string | undefined },
) {
  const found = await port.subscriptions.find(id);
  const { clinicId: own } = (found?.settings ?? { clinicId: null }) as SubscriptionSettings;
  const another = own !== null && clinicId !== undefined && own.toLowerCase() !== clinicId.toLowerCase();
  if (found?.environment !== environment || another)
    throw new DoorRefusal(404, 'webhook_not_found', 'Webhook not found');
  await port.subscriptions.remove(found.id);
  return { status: 200, body: { success: true, message: 'Webhook deleted successfully' } };
}

export const webhookRoutes: readonly DoorRoute[] = [register, remove, removeByPath];
