import { fault } from '../fault.js';
import { count, interval } from '../params.js';

export const slowHeaders = fault({
  type: 'slow_headers',
  class: 'broken',
  summary: 'The head comes in pieces of `chunk` bytes, `interval` apart.',
  wire: 'Small writes with pauses until the head is complete, then the body.',
  params: { chunk: count(16, 16_384), interval: interval('50ms') },
  manner: ({ chunk, interval: everyMs }) => ({ headPace: { bytes: chunk, everyMs } }),
});
