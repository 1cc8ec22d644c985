import { z } from 'zod';
import { duration, isoInstant, keyed, pageOf, strict } from './fields.js';

export const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const name = z.string().trim().min(1).max(200);
const slug = z.string().regex(SLUG, 'must be 1 to 63 of a-z, 0-9 and hyphens, and end and start without one');
const retention = duration.meta({
  description: 'How long bodies are kept on the tenant’s clock: 90d, 0d.',
  example: '90d',
});

const notifyUrl = z.string().nullable().meta({
  description: 'Told when a subscription turns unhealthy, failed or disabled; null: nobody is.',
});

const cap = (of: string) =>
  z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .meta({
      description: `Requests on the wire at once ${of}, in each process that sends; null: no cap of its own.`,
    });
const maxInFlight = cap('to all of its subscriptions');
const maxInFlightPerOrigin = cap('to those of its subscriptions that share a scheme, host and port');

export const tenantInput = strict({
  name,
  slug: slug.optional(),
  retention: retention.optional(),
  notifyUrl: notifyUrl.optional(),
  maxInFlight: maxInFlight.optional(),
  maxInFlightPerOrigin: maxInFlightPerOrigin.optional(),
});
export type TenantInput = z.output<typeof tenantInput>;

export const tenantPatch = strict({
  name: name.optional(),
  slug: slug.optional(),
  retention: retention.optional(),
  notifyUrl: notifyUrl.optional(),
  maxInFlight: maxInFlight.optional(),
  maxInFlightPerOrigin: maxInFlightPerOrigin.optional(),
});
export type TenantPatch = z.output<typeof tenantPatch>;

export const tenant = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    createdAt: isoInstant,
    retentionMs: z.number().int(),
    notifyUrl,
    maxInFlight,
    maxInFlightPerOrigin,
    key: z.string().optional().meta({ description: 'The first key, once.' }),
  })
  .meta({ id: 'Tenant' });
export type TenantResource = z.output<typeof tenant>;
export const tenantPage = pageOf(tenant);

export const keyInput = strict({ scope: z.enum(['write', 'read']).optional(), name: name.optional() });
export type KeyInput = z.output<typeof keyInput>;

export const key = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    scope: z.enum(['write', 'read']),
    createdAt: isoInstant,
    key: z.string().optional().meta({ description: 'Once.' }),
  })
  .meta({ id: 'Key' });
export type KeyResource = z.output<typeof key>;
export const keyPage = pageOf(key);

export const providerSettingsInput = strict({
  presets: z.array(z.string()).max(20).optional(),
  settings: keyed(z.unknown()).optional(),
});
export type ProviderSettingsInput = z.output<typeof providerSettingsInput>;

export const providerSettings = z
  .object({
    provider: z.string(),
    presets: z.array(z.string()),
    settings: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What holds: defaults, presets and own values.' }),
  })
  .meta({ id: 'ProviderSettings' });
export type ProviderSettingsResource = z.output<typeof providerSettings>;

export const receiverInput = strict({
  status: z.number().int().min(200).max(599).optional(),
  delayMs: z.number().int().min(0).max(60_000).optional(),
});
export type ReceiverInput = z.output<typeof receiverInput>;

export const receiverAnswer = z
  .object({
    url: z.string(),
    status: z.number().int().meta({ description: 'What it answers; 401 to what it cannot verify.' }),
    delayMs: z.number().int(),
    requests: z.array(z.record(z.string(), z.unknown())).meta({ description: 'Oldest first, the last 200.' }),
  })
  .meta({ id: 'Receiver' });
