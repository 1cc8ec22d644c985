import { z } from 'zod';
import { refuseUnsigned } from '../facts.js';
import { fault } from '../fault.js';
import { duration } from '../params.js';

export const rotatedSecret = fault({
  type: 'rotated_secret',
  class: 'legal',
  summary:
    'A rotation is under way: a new secret signs beside the one the consumer knows, until `overlap` is over.',
  wire: 'Two signatures in one header, the new one first or last.',
  params: {
    overlap: duration(1)
      .optional()
      .meta({ description: 'Tenant time from when the fault was added; absent: as long as it stands.' }),
    order: z.enum(['newFirst', 'oldFirst']).default('newFirst'),
  },
  refuse(target) {
    const { profile, policies } = target;
    if (policies.rotation.kind !== 'overlap')
      return `${profile.name} carries one secret at a time, so a rotation has no overlap.`;
    return refuseUnsigned(target);
  },
  lasts: ({ overlap }) => overlap ?? null,
  input(input, { order }, { profile, random }) {
    const fresh = profile.secret.value.make(random);
    return {
      ...input,
      secrets: order === 'newFirst' ? [fresh, ...input.secrets] : [...input.secrets, fresh],
    };
  },
});
