import { z } from 'zod';
import { fault } from '../fault.js';

export const resetMidBody = fault({
  type: 'reset_mid_body',
  class: 'broken',
  summary: 'The connection is torn down in the middle of the body.',
  wire: 'Content-Length of the whole, `fraction` of its bytes, and then a reset.',
  params: { fraction: z.number().min(0).max(0.99).default(0.5) },
  manner: ({ fraction }) => ({ share: fraction, ending: 'reset' }),
});
