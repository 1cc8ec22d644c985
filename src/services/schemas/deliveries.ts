import { z } from 'zod';
import { faultRecord } from './faults.js';
import { idOf, instant, isoInstant, listOf, pageOf, pageQuery, refuse, strict } from './fields.js';

export const DELIVERY_STATUSES = ['pending', 'sending', 'delivered', 'failed', 'held', 'cancelled'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

const filterShape = {
  status: listOf(DELIVERY_STATUSES).optional(),
  subscriptionId: idOf('sub').optional(),
  eventId: idOf('evt').optional(),
  provider: z.string().optional(),
  type: z.string().optional(),
  since: instant.optional(),
  until: instant.optional(),
};

export const deliveryQuery = pageQuery(filterShape);
export const exportQuery = strict(filterShape);
/** Ids as UUIDs; `since` and `until` in milliseconds of tenant time, the end not included. */
export type DeliveryFilter = z.output<typeof exportQuery>;

export const attemptQuery = strict({ part: z.enum(['request', 'response']).optional() });

const headerList = z.array(z.tuple([z.string(), z.string()]));

export const attempt = z
  .object({
    id: z.string(),
    number: z.number().int(),
    trigger: z.enum(['scheduled', 'manual', 'test', 'fault']),
    dueAt: isoInstant,
    startedAt: isoInstant,
    wallStartedAt: isoInstant,
    durationMs: z.number().int(),
    outcome: z.enum(['delivered', 'retry', 'failed', 'superseded']),
    reason: z.string().nullable(),
    request: z.object({
      method: z.string(),
      url: z.string(),
      headers: headerList,
      bodyBytes: z.number().int(),
    }),
    response: z
      .object({
        status: z.number().int(),
        headers: headerList,
        body: z.string().nullable().meta({ description: 'As text; null when past its retention.' }),
        bodyBytes: z.number().int(),
        truncated: z.boolean(),
      })
      .nullable(),
    timing: z.record(z.string(), z.unknown()),
    nextAttemptAt: isoInstant.nullable(),
    subscriptionStatus: z.string(),
    faults: z.array(faultRecord).meta({ description: 'Those that touched it, with their parameters.' }),
    signature: z
      .object({
        scheme: z.string(),
        header: z.string(),
        signedContent: z.string().meta({ description: '`{body}` stands for the bytes of the attempt.' }),
      })
      .nullable(),
  })
  .meta({ id: 'Attempt' });

export const loggedAttemptQuery = pageQuery({ subscriptionId: idOf('sub').optional() });

/** As the stream tells it when it settles. */
export const loggedAttempt = z
  .object({
    id: z.string(),
    deliveryId: z.string(),
    eventId: z.string(),
    subscriptionId: z.string(),
    provider: z.string().nullable(),
    eventType: z.string().nullable(),
    number: z.number().int(),
    trigger: z.enum(['scheduled', 'manual', 'test', 'fault']),
    outcome: z.enum(['delivered', 'retry', 'failed']),
    reason: z.string().nullable(),
    status: z.number().int().nullable().meta({ description: 'Of the answer; null when there was none.' }),
    url: z.string(),
    startedAt: isoInstant,
    durationMs: z.number().int(),
    nextAttemptAt: isoInstant.nullable(),
  })
  .meta({ id: 'LoggedAttempt' });
export type LoggedAttempt = z.output<typeof loggedAttempt>;
export const loggedAttemptPage = pageOf(loggedAttempt);

export const delivery = z
  .object({
    id: z.string(),
    eventId: z.string(),
    providerEventId: z.string().nullable(),
    subscriptionId: z.string(),
    provider: z.string().nullable(),
    eventType: z.string().nullable(),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable(),
    attemptCount: z.number().int(),
    nextAttemptAt: isoInstant.nullable(),
    createdAt: isoInstant,
    finishedAt: isoInstant.nullable(),
    attempts: z.array(attempt).optional(),
  })
  .meta({ id: 'Delivery' });

export const deliveryPage = pageOf(delivery);

export type DeliveryResource = z.output<typeof delivery>;
export type AttemptResource = z.output<typeof attempt>;

export const eventQuery = pageQuery({
  provider: z.string().optional(),
  type: z.string().optional(),
  environment: z.string().optional(),
  providerEventId: z.string().optional(),
  since: instant.optional(),
  until: instant.optional(),
});
export type EventFilter = Omit<z.output<typeof eventQuery>, 'limit' | 'cursor'>;

export const eventBodyQuery = strict({ body: z.literal('raw').optional() });

export const event = z
  .object({
    id: z.string(),
    providerEventId: z.string().nullable(),
    provider: z.string(),
    type: z.string(),
    variant: z.string().nullable(),
    environment: z.string(),
    createdAt: isoInstant,
    bodyBytes: z.number().int(),
    body: z
      .unknown()
      .optional()
      .meta({ description: 'Parsed where it is JSON, else its text; null when past its retention.' }),
    deliveries: z
      .array(z.object({ id: z.string(), subscriptionId: z.string(), status: z.string() }))
      .optional(),
  })
  .meta({ id: 'Event' });
export type EventResource = z.output<typeof event>;
export const eventPage = pageOf(event);

export const recoverInput = strict({
  since: instant,
  until: instant.optional(),
  status: z.enum(['failed', 'never_attempted', 'all']).optional().meta({
    description:
      '`failed` (default), `never_attempted`: what was skipped or not wanted then, or `all`: whatever was published.',
  }),
}).superRefine((input, ctx) => {
  if (input.until !== undefined && input.until <= input.since)
    refuse(ctx, 'invalid_request', 'must be after since', ['until']);
});
export type RecoverInput = z.output<typeof recoverInput>;
export const recoverAnswer = z.object({ runId: z.string(), count: z.number().int() });

export const statsQuery = strict({ since: instant.optional() });
export const stats = z
  .object({
    delivered: z.number().int(),
    failed: z.number().int(),
    pending: z.number().int(),
    rate: z
      .number()
      .nullable()
      .meta({ description: 'Delivered of all finished, 0 to 1; null when none is.' }),
    byStatusCode: z.record(z.string(), z.number().int()),
    p95Ms: z.number().nullable(),
  })
  .meta({ id: 'Stats' });
