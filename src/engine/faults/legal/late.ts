import { fault } from '../fault.js';
import { durationOr } from '../params.js';

export const late = fault({
  type: 'late',
  class: 'legal',
  summary: 'The first attempt goes out `by` after its event, past everything a consumer remembers.',
  wire: 'A whole request with an old event and a fresh timestamp.',
  params: { by: durationOr('26h') },
  postpone: ({ dueAtMs, createdAtMs, tries }, { by }) =>
    tries > 0 ? dueAtMs : Math.max(dueAtMs, createdAtMs + by),
});
