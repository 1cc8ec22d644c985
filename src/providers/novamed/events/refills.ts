import { z } from 'zod';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { SEED } from '../sources.js';
import { numbered, seedEvent } from './envelope.js';

function refill(change: string, text: string): EventType {
  return seedEvent({
    type: `refill:${change}`,
    summary: `${text}.`,
    claim: documentedClaim(SEED, `\`refill:${change}\` | ${text}`),
    bodyClaim: assumedClaim('not printed; the handler in the guide reads data.refill_id'),
    data: { refill_id: z.string(), medication_request_id: z.string(), patient_id: z.string() },
    sample: ({ random }) => ({
      refill_id: numbered('refill', random),
      medication_request_id: numbered('med_req', random),
      patient_id: numbered('pat', random),
    }),
  });
}

export const refills: readonly EventType[] = [
  refill('requested', 'Refill request submitted'),
  refill('approved', 'Refill request approved'),
  refill('denied', 'Refill request denied'),
];
