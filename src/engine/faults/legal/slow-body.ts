import { fault } from '../fault.js';
import { count, interval } from '../params.js';

export const slowBody = fault({
  type: 'slow_body',
  class: 'legal',
  summary: 'The body comes in pieces of `chunk` bytes, `interval` apart.',
  wire: 'The head at once, the body in small writes with pauses; Content-Length is right.',
  params: { chunk: count(64, 1_048_576), interval: interval('50ms') },
  manner: ({ chunk, interval: everyMs }) => ({ bodyPace: { bytes: chunk, everyMs } }),
});
