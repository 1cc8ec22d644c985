import { z } from 'zod';
import { duration, isoInstant, keyed, pageOf, pageQuery, strict } from './fields.js';

const headers = keyed(z.string()).meta({
  description: 'Sent on every attempt beside the provider’s own. At most 20.',
  example: { 'x-team': 'billing' },
});
const settings = keyed(z.unknown());
const presets = z.array(z.string()).max(20);
const events = z.array(z.string()).min(1).max(200);
const rateLimit = z.number().int().min(1).max(100_000).nullable();
const maxInFlight = z.number().int().min(1).max(1_000);
const name = z.string().min(1).max(200);

export const subscriptionInput = strict({
  provider: z.string(),
  url: z.string(),
  secret: z.string().optional().meta({ description: 'Made when left out where the provider needs one.' }),
  events: events.nullable().optional().meta({ description: 'Only these event types; null is all.' }),
  headers: headers.optional(),
  settings: settings.optional(),
  presets: presets.optional(),
  environment: z.string().optional(),
  rateLimit: rateLimit.optional().meta({ description: 'Deliveries a second.' }),
  maxInFlight: maxInFlight.optional(),
  active: z.boolean().optional(),
}).meta({ id: 'SubscriptionInput' });
export type SubscriptionInput = z.output<typeof subscriptionInput>;

export const subscriptionPatch = strict({
  url: z.string().optional(),
  secret: z
    .string()
    .nullable()
    .optional()
    .meta({ description: 'Holds from the next attempt; null takes it away.' }),
  events: events.nullable().optional(),
  headers: headers
    .optional()
    .meta({ description: 'Replaces all of them; a masked value keeps what it was.' }),
  settings: settings.optional().meta({ description: 'Key by key; null goes back to the default.' }),
  presets: presets.optional(),
  environment: z.string().optional(),
  rateLimit: rateLimit.optional(),
  maxInFlight: maxInFlight.optional(),
  active: z.boolean().optional(),
}).meta({ id: 'SubscriptionPatch' });
export type SubscriptionPatch = z.output<typeof subscriptionPatch>;

export const subscriptionQuery = pageQuery({
  provider: z.string().optional(),
  environment: z.string().optional(),
  status: z.string().optional(),
});
export type SubscriptionFilter = Omit<z.output<typeof subscriptionQuery>, 'limit' | 'cursor'>;

export const subscription = z
  .object({
    id: z.string(),
    provider: z.string(),
    url: z.string(),
    status: z
      .string()
      .meta({ description: 'active, unhealthy, failed, disabled, paused, or a step before live.' }),
    unhealthySince: isoInstant.nullable(),
    failingSince: isoInstant.nullable(),
    events: z.array(z.string()).nullable(),
    headers: z.record(z.string(), z.string()),
    settings: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What holds: defaults, presets and own values.' }),
    presets: z.array(z.string()),
    environment: z.string(),
    rateLimit: z.number().int().nullable(),
    maxInFlight: z.number().int(),
    createdAt: isoInstant,
    updatedAt: isoInstant,
    secret: z.string().optional().meta({ description: 'Once, when it was made here.' }),
    unreadable: z.string().optional().meta({
      description: 'Why its headers or secret settings cannot be opened: its deliveries end as unsendable.',
    }),
  })
  .meta({ id: 'Subscription' });
export type SubscriptionResource = z.output<typeof subscription>;
export const subscriptionPage = pageOf(subscription);

export const secretInput = strict({
  secret: z.string().optional(),
  overlap: duration
    .optional()
    .meta({ description: 'How long the old one signs too, on the tenant’s clock.' }),
  name: name.optional(),
});
export type SecretInput = z.output<typeof secretInput>;

export const secret = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    createdAt: isoInstant,
    expiresAt: isoInstant.nullable().meta({ description: 'End of its overlap; null for the current one.' }),
    secret: z.string().optional().meta({ description: 'Once, when it was made here.' }),
  })
  .meta({ id: 'Secret' });
export type SecretResource = z.output<typeof secret>;
export const secretPage = pageOf(secret);
