import { z } from 'zod';
import { fault } from '../fault.js';

export const truncatedBody = fault({
  type: 'truncated_body',
  class: 'broken',
  summary: 'The connection ends in the middle of the body.',
  wire: 'Content-Length of the whole, `fraction` of its bytes, and then the end of the connection.',
  params: { fraction: z.number().min(0).max(0.99).default(0.5) },
  manner: ({ fraction }) => ({ share: fraction, ending: 'fin' }),
});
