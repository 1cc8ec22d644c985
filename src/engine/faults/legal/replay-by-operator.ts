import { fault } from '../fault.js';
import { durationOr } from '../params.js';

export const replayByOperator = fault({
  type: 'replay_by_operator',
  class: 'legal',
  summary: 'Somebody at the provider sends the delivery once more, `gap` later.',
  wire: 'One more request with the same id and body and a fresh timestamp.',
  params: { gap: durationOr('1h') },
  copy: ({ gap }) => ({ count: 1, gapMs: gap, concurrency: 1, together: false }),
});
