import { type ZodType, z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { ExampleContext } from '../../contract.js';
import { isoSeconds } from '../../signing/timestamp.js';
import type { TenantSettings } from '../settings.js';
import { externalId, ON_EXCHANGE_STATUSES, paymentSchema, samplePayment, transactionId } from './fields.js';

/** Three keys are required; the published OpenAPI lets every other one be absent. */
export function onExchangeSchema(eventType: string, blankAs: TenantSettings['blankAs']): ZodType {
  const statuses = z.enum(ON_EXCHANGE_STATUSES);
  const status = blankAs === null ? statuses.nullable() : z.union([statuses, z.literal(blankAs)]);
  return z.strictObject({
    transaction_id: z.int(),
    policy_status: (blankAs === 'blank' ? statuses : status).optional(),
    event_type: z.literal(eventType),
    event_timestamp: z.iso.datetime(),
    external_id: z.string().optional(),
    policy_aor_npn: z.string().optional(),
    submitter_npn: z.string().optional(),
    npn_used_at_submission: z.string().optional(),
    payment: paymentSchema.optional(),
  });
}

export function onExchangeExample(
  { nowMs, random }: ExampleContext,
  eventType: string,
  status: string,
): Json {
  return {
    transaction_id: transactionId(random),
    policy_status: status,
    event_type: eventType,
    event_timestamp: isoSeconds(nowMs),
    external_id: externalId(random, 20),
    policy_aor_npn: '12345678',
    submitter_npn: '87654321',
    npn_used_at_submission: '87654321',
    payment: samplePayment(nowMs),
  };
}

/** As printed for submissions: two keys fewer, and milliseconds in the timestamp. */
export function shortSubmissionExample({ nowMs, random }: ExampleContext): Json {
  return {
    transaction_id: transactionId(random),
    event_type: 'submission',
    event_timestamp: isoMillis(nowMs),
    external_id: externalId(random, 20),
    submitter_npn: '87654321',
    npn_used_at_submission: '87654321',
    payment: samplePayment(nowMs),
  };
}
