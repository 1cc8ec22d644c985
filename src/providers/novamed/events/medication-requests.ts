import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { EventType, ExampleContext } from '../../contract.js';
import { SEED } from '../sources.js';
import { numbered, seedEvent, timestampSchema } from './envelope.js';

const ids = { medication_request_id: z.string(), patient_id: z.string(), practitioner_id: z.string() };

const sampleIds = ({ random }: ExampleContext) => ({
  medication_request_id: numbered('med_req', random),
  patient_id: numbered('pat', random),
  practitioner_id: numbered('prac', random),
});

function medicationRequest(change: string, text: string): EventType {
  return seedEvent({
    type: `medication_request:${change}`,
    summary: `${text}.`,
    claim: documentedClaim(SEED, `\`medication_request:${change}\` | ${text}`),
    bodyClaim: assumedClaim(
      'the guide prints data for two events only; the ids are those of the approved one',
    ),
    data: ids,
    sample: sampleIds,
  });
}

const approved = seedEvent({
  type: 'medication_request:approved',
  summary: 'Medication request approved.',
  claim: documentedClaim(SEED, '`medication_request:approved` | Medication request approved'),
  bodyClaim: documentedClaim(SEED, '### Medication Request Approved Event Example'),
  data: {
    ...ids,
    medication_name: z.string(),
    quantity: z.int(),
    refills: z.int(),
    approved_at: timestampSchema,
  },
  sample: (context) => ({
    ...sampleIds(context),
    medication_name: 'Testosterone Cypionate',
    quantity: 1,
    refills: 3,
    approved_at: isoMillis(context.nowMs),
  }),
});

export const medicationRequests: readonly EventType[] = [
  medicationRequest('created', 'New medication request created'),
  approved,
  medicationRequest('filled', 'Medication has been filled'),
  medicationRequest('cancelled', 'Medication request cancelled'),
];
