import { z } from 'zod';
import { fault } from '../fault.js';
import { durationOr } from '../params.js';

/** Instants between two deliveries that were due at the same one, milliseconds. */
const STEP_MS = 1;

export const reorder = fault({
  type: 'reorder',
  class: 'legal',
  summary: 'Deliveries that fall due within one `window` go out after its end, backwards or shuffled.',
  wire: 'Whole requests in another order than that of their events.',
  params: { window: durationOr('10s', 10), strategy: z.enum(['reverse', 'shuffle']).default('reverse') },
  postpone({ dueAtMs, addedAtMs, tries, turn, random }, { window, strategy }) {
    if (tries > 0) return dueAtMs;
    const begun = Math.floor(Math.max(0, dueAtMs - addedAtMs) / window) * window + addedAtMs;
    const end = begun + window;
    if (strategy === 'shuffle') return end + Math.floor(random.float() * window);
    // Mirrored at the window's end; those of one instant by the order in which they came.
    return Math.max(end, end + (end - dueAtMs) - (turn % window) * STEP_MS);
  },
});
