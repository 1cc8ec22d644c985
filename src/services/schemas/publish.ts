import { z } from 'zod';
import { type EventFault, eventFault } from './faults.js';
import { isoInstant, json, refuse, strict } from './fields.js';

/** One batch holds at most this many events. */
export const MAX_BATCH = 1_000;

const MAX_FAULTS = 20;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const bodies = ['data', 'payload', 'payloadBase64'] as const;

export const publishInput = strict({
  provider: z.string(),
  type: z.string(),
  variant: z.string().optional(),
  environment: z.string().optional(),
  data: json.optional().meta({ description: 'JSON merge patch (RFC 7396) over the example.' }),
  payload: json
    .optional()
    .meta({ description: 'The whole body: a string as its UTF-8 bytes, JSON compactly.' }),
  payloadBase64: z.string().regex(BASE64, 'must be base64, padded').optional(),
  eventId: z.string().min(1).max(255).optional(),
  subscriptionId: z.string().optional().meta({ description: 'Only to this subscription.' }),
  faults: z
    .array(eventFault)
    .max(MAX_FAULTS)
    .optional()
    .meta({ description: 'What goes wrong on purpose with the deliveries of this event.' }),
})
  .superRefine((input, ctx) => {
    const given = bodies.filter((key) => input[key] !== undefined);
    for (const key of given.slice(1))
      refuse(ctx, 'invalid_request', `Only one of ${bodies.join(', ')} can be given`, [key]);
  })
  .meta({ id: 'PublishInput' });

/** What the service takes: the request as parsed. */
export type PublishInput = Omit<z.output<typeof publishInput>, 'faults'> & {
  faults?: readonly EventFault[] | undefined;
  /** `payload` as the caller wrote it, compact, where writing it anew would change it (`1.0`, `1e400`, a key twice). */
  payloadText?: string | undefined;
} & PublishMore;

/** What a provider's front door can say of an event beside. */
export interface PublishMore {
  /** Only subscriptions of this one; absent: of every application. */
  application?: string | undefined;
  channels?: readonly string[] | undefined;
  /** A name of the publisher's choice, taken once in an application. */
  uid?: string | undefined;
  details?: unknown;
  /** The type may be one that the profile does not know; then `payload` and `eventId` are given. */
  anyType?: boolean | undefined;
  /** First attempts are due then, milliseconds of tenant time; what has passed is due now. */
  deliverAtMs?: number | undefined;
}

export const batchInput = strict({ events: z.array(publishInput).min(1).max(MAX_BATCH) });

export const testInput = strict({
  type: z.string().optional().meta({ description: 'Which sample, where the provider has no test event.' }),
  variant: z.string().optional(),
});
export type TestInput = z.output<typeof testInput>;
/** What a provider's front door sends in place of a sample. */
export type TestMore = Pick<PublishInput, 'payload' | 'eventId' | 'anyType'>;

export const publishResult = z
  .object({
    id: z.string(),
    providerEventId: z.string().nullable(),
    provider: z.string(),
    type: z.string(),
    createdAt: isoInstant,
    deliveries: z.array(z.object({ id: z.string(), subscriptionId: z.string(), status: z.string() })),
  })
  .meta({ id: 'PublishResult' });

export const batchResult = z.object({
  events: z.array(
    z.object({ id: z.string(), providerEventId: z.string().nullable(), deliveryCount: z.number().int() }),
  ),
});
