import { z } from 'zod';
import { asText } from '../../../lib/bytes.js';
import { isoMillis } from '../../../lib/clock.js';
import type { PortAttempt, PortDelivery } from '../../port.js';
import { instant, instantOrNull } from './shapes.js';

export const STATUSES = ['pending', 'sending', 'delivered', 'failed', 'held', 'cancelled'] as const;

export const count = z.int().min(0);
const code = z.int().nullable().meta({ description: 'Status that the endpoint answered with; null = none.' });

export const attempt = z.strictObject({
  number: z.int().min(1),
  attempted_at: instant,
  duration_ms: count,
  retry: z.boolean(),
  successful: z.boolean(),
  reason: z.string().nullable(),
  response_code: code,
});

export const delivery = z.strictObject({
  event_id: z.string().nullable(),
  event_type: z.string().nullable(),
  status: z.enum(STATUSES),
  reason: z.string().nullable(),
  created_at: instant,
  finished_at: instant.nullable(),
  next_attempt_at: instant.nullable(),
  failed_attempts: count,
  retry_attempts: count,
  response_codes: z.array(code),
  attempts: z.array(attempt),
});

export const response = z.strictObject({
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string().meta({ description: 'As text, at most 20,000 bytes; empty past its retention.' }),
});

/** A line of the log. */
export function dataOf(made: PortDelivery, attempts: readonly PortAttempt[]) {
  const counted = attempts.filter(isCounted).map(attemptOf);
  return {
    id: made.id,
    type: 'delivery',
    attributes: {
      event_id: made.providerEventId,
      event_type: made.eventType,
      status: made.status,
      reason: made.reason,
      created_at: isoMillis(made.createdAtMs),
      finished_at: instantOrNull(made.finishedAtMs),
      next_attempt_at: instantOrNull(made.nextAttemptAtMs),
      failed_attempts: counted.filter(({ successful }) => !successful).length,
      retry_attempts: counted.filter(({ retry }) => retry).length,
      response_codes: counted.map(({ response_code }) => response_code),
      attempts: counted,
    },
  };
}

/** An outcome that came too late to count is no line of its own. */
export function isCounted({ outcome }: PortAttempt): boolean {
  return outcome !== 'superseded';
}

export function attemptOf(made: PortAttempt) {
  return {
    number: made.number,
    attempted_at: isoMillis(made.startedAtMs),
    duration_ms: made.durationMs,
    retry: made.trigger === 'scheduled' && made.number > 1,
    successful: made.outcome === 'delivered',
    reason: made.reason,
    response_code: made.responseStatus,
  };
}

export function responseOf({ responseStatus, responseHeaders, responseBody }: PortAttempt) {
  if (responseStatus === null) return null;
  return {
    headers: responseHeaders.map(([name, value]): [string, string] => [name, value]),
    body: responseBody === null ? '' : asText(responseBody),
  };
}
