import { type ZodType, z } from 'zod';
import type { Json } from '../../../lib/merge-patch.js';
import type { ExampleContext } from '../../contract.js';
import {
  coverage,
  externalId,
  numbered,
  OFF_EXCHANGE_STATUSES,
  paymentSchema,
  samplePayment,
  transactionId,
  usDate,
  usDateSchema,
} from './fields.js';

const policy = z.strictObject({
  policy_id: z.string(),
  effective_date: usDateSchema,
  expiration_date: usDateSchema,
  status: z.enum(OFF_EXCHANGE_STATUSES),
  plan_hios_id: z.string(),
  gross_premium: z.number(),
  members: z.array(
    z.strictObject({
      member_id: z.string(),
      effective_date: usDateSchema,
      removed_date: usDateSchema.nullable(),
    }),
  ),
  agent_of_record: z.strictObject({
    npn: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    state_license_number: z.string(),
    email: z.string(),
  }),
  payment: paymentSchema,
});

export function offExchangeSchema(eventType: string): ZodType {
  return z.strictObject({
    transaction_id: z.int(),
    application_id: z.string(),
    policy_status: z.enum(OFF_EXCHANGE_STATUSES),
    event_type: z.literal(eventType),
    event_timestamp: usDateSchema,
    external_id: z.string(),
    policy_aor_npn: z.string(),
    submitter_npn: z.string(),
    npn_used_at_submission: z.string(),
    issuer_hios_id: z.string(),
    members: z.array(
      z.strictObject({
        member_id: z.string(),
        first_name: z.string(),
        last_name: z.string(),
        date_of_birth: usDateSchema,
      }),
    ),
    policies: z.array(policy),
  });
}

export function offExchangeExample(
  { nowMs, random }: ExampleContext,
  eventType: string,
  status: string,
): Json {
  const { effectiveMs, expirationMs } = coverage(nowMs);
  const memberId = numbered('HSM', random);
  return {
    transaction_id: transactionId(random),
    application_id: numbered('HSA', random),
    policy_status: status,
    event_type: eventType,
    event_timestamp: usDate(nowMs),
    external_id: externalId(random, 32),
    policy_aor_npn: '1234567890',
    submitter_npn: '17169718',
    npn_used_at_submission: '17169718',
    issuer_hios_id: '12345',
    members: [{ member_id: memberId, first_name: 'John', last_name: 'Doe', date_of_birth: '05/10/1980' }],
    policies: [
      {
        policy_id: numbered('HSP', random),
        effective_date: usDate(effectiveMs),
        expiration_date: usDate(expirationMs),
        status,
        plan_hios_id: '12345LA0123456',
        gross_premium: 750.25,
        members: [{ member_id: memberId, effective_date: usDate(effectiveMs), removed_date: null }],
        agent_of_record: {
          npn: '1234567890',
          first_name: 'Tom',
          last_name: 'Doe',
          state_license_number: 'GA123456',
          email: 'tom.doe@healthsherpa.com',
        },
        payment: samplePayment(nowMs),
      },
    ],
  };
}
