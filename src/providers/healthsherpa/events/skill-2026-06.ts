import { type ZodType, z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { ExampleContext } from '../../contract.js';
import { isoSeconds } from '../../signing/timestamp.js';
import { coverage, externalId, numbered, OFF_EXCHANGE_STATUSES } from './fields.js';

const STATUSES = [
  ...['draft', 'submission_failed', 'sep_docs_required', 'sep_docs_under_review'],
  ...OFF_EXCHANGE_STATUSES,
] as const;

/** One policy instead of a list, ISO 8601 throughout, money as strings. The text knows no exchanges. */
export function skillSchema(eventType: string): ZodType {
  return z.strictObject({
    event_type: z.literal(eventType),
    application_id: z.string(),
    external_id: z.string(),
    policy_status: z.enum(STATUSES),
    policy: z.strictObject({
      policy_id: z.string(),
      effective_date: z.iso.date(),
      status: z.string(),
      plan_hios_id: z.string(),
      gross_premium: z.string(),
      members: z.array(z.looseObject({ member_id: z.string() })),
    }),
    timestamp: z.iso.datetime(),
  });
}

export function skillExample({ nowMs, random }: ExampleContext, eventType: string, status: string): Json {
  return {
    event_type: eventType,
    application_id: numbered('HSA', random),
    external_id: externalId(random, 32),
    policy_status: status,
    policy: {
      policy_id: numbered('HSP', random),
      effective_date: isoMillis(coverage(nowMs).effectiveMs).slice(0, 10),
      status,
      plan_hios_id: '12345LA0123456',
      gross_premium: '750.25',
      members: [{ member_id: numbered('HSM', random) }],
    },
    timestamp: isoSeconds(nowMs),
  };
}
