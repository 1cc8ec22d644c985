import { z } from 'zod';
import { changeHeaders, refuseWithoutProof } from '../facts.js';
import { fault } from '../fault.js';

const INSTEAD = { absent: null, empty: '', garbage: 'not-a-signature' } as const;

export const missingSignature = fault({
  type: 'missing_signature',
  class: 'hostile',
  summary: 'The header that proves the sender is absent, empty, or says something else altogether.',
  wire: 'Without the header, with nothing in it, or with `not-a-signature`.',
  params: { value: z.enum(['absent', 'empty', 'garbage']).default('absent') },
  refuse: refuseWithoutProof,
  request: (wire, { value }, { proof }) => ({
    ...wire,
    headers: changeHeaders(wire.headers, proof, () => INSTEAD[value]),
    signature: null,
  }),
});
