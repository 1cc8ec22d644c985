import { refuseUnstamped } from '../facts.js';
import { fault } from '../fault.js';
import { durationOr } from '../params.js';
import { aged } from '../rewrite.js';

export const futureTimestamp = fault({
  type: 'future_timestamp',
  class: 'hostile',
  summary: 'The timestamp lies `by` ahead, and is signed correctly.',
  wire: 'A valid signature over a timestamp of the future.',
  params: { by: durationOr('10m') },
  refuse: refuseUnstamped,
  input: (input, { by }) => aged(input, -by),
});
