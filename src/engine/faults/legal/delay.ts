import { z } from 'zod';
import { fault } from '../fault.js';
import { durationOr } from '../params.js';

export const delay = fault({
  type: 'delay',
  class: 'legal',
  summary:
    'The first attempt is late by `by`: exactly, evenly spread from 0 to that, or exponentially with that mean.',
  wire: 'Whole requests, later.',
  params: { dist: z.enum(['fixed', 'uniform', 'exponential']).default('fixed'), by: durationOr('30s') },
  postpone({ dueAtMs, tries, random }, { dist, by }) {
    if (tries > 0) return dueAtMs;
    const drawn = random.float();
    const share = dist === 'fixed' ? 1 : dist === 'uniform' ? drawn : -Math.log(1 - drawn);
    return dueAtMs + Math.round(by * share);
  },
});
