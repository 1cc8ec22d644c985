import { fault } from '../fault.js';
import { count, durationOr } from '../params.js';

export const duplicate = fault({
  type: 'duplicate',
  class: 'legal',
  summary: 'The same delivery again, `n` times more, `gap` after one another.',
  wire: 'Further requests with the same id and body, each with a timestamp and signature of its own.',
  params: { n: count(1, 100), gap: durationOr('1s') },
  copy: ({ n, gap }) => ({ count: n, gapMs: gap, concurrency: 1, together: false }),
});
