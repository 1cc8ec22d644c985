import { z } from 'zod';
import { fault } from '../fault.js';

export const duplicateConcurrent = fault({
  type: 'duplicate_concurrent',
  class: 'legal',
  summary: 'The same delivery `n` times at the same moment.',
  wire: '`n` connections whose requests are complete but for their last byte, which they get together.',
  params: { n: z.number().int().min(2).max(50).default(3) },
  copy: ({ n }) => ({ count: n - 1, gapMs: 0, concurrency: n, together: true }),
});
