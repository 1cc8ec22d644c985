import { fault } from '../fault.js';
import { interval } from '../params.js';

export const halfOpen = fault({
  type: 'half_open',
  class: 'broken',
  summary: 'The sender goes silent after the head, and leaves the connection open `for` so long.',
  wire: 'A complete head with its Content-Length, no byte of the body, nothing more; at last a reset.',
  params: { for: interval('2s') },
  manner: (params) => ({ share: 0, ending: 'silence', silenceMs: params.for }),
});
