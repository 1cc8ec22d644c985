import { refuseWithoutProof } from '../facts.js';
import { fault } from '../fault.js';
import { durationOr } from '../params.js';

export const capturedReplay = fault({
  type: 'captured_replay',
  class: 'hostile',
  summary:
    'Somebody who read the request along sends it again `after` so long: old bytes, old timestamp, old signature.',
  wire: 'A second request as it was `after` ago; with a scheme that signs no timestamp, the very same bytes.',
  params: { after: durationOr('10m') },
  refuse: refuseWithoutProof,
  copy: ({ after }) => ({ count: 1, gapMs: after, concurrency: 1, together: false, agedMs: after }),
});
