import { fault } from '../fault.js';
import { count } from '../params.js';

export const burst = fault({
  type: 'burst',
  class: 'legal',
  summary:
    'The same delivery `n` times in one go, `concurrency` of them under way at once, past every limit.',
  wire: '`n` requests with the same id and body over up to `concurrency` connections.',
  params: { n: count(50, 1_000), concurrency: count(10, 100) },
  copy: ({ n, concurrency }) => ({ count: n - 1, gapMs: 0, concurrency, together: false }),
});
