import { fault } from '../fault.js';
import { duration } from '../params.js';

export const outage = fault({
  type: 'outage',
  class: 'legal',
  summary:
    'The provider is silent for so long after the fault was added; then all that fell due goes out at once.',
  wire: 'Nothing, and then a backlog.',
  params: { for: duration(1) },
  postpone: ({ dueAtMs, addedAtMs }, params) => Math.max(dueAtMs, addedAtMs + params.for),
});
