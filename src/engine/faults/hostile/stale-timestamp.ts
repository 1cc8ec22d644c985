import { refuseUnstamped } from '../facts.js';
import { fault } from '../fault.js';
import { durationOr } from '../params.js';
import { aged } from '../rewrite.js';

export const staleTimestamp = fault({
  type: 'stale_timestamp',
  class: 'hostile',
  summary: 'The timestamp is `by` old, and signed correctly.',
  wire: 'A valid signature over a timestamp of the past.',
  params: { by: durationOr('10m') },
  refuse: refuseUnstamped,
  input: (input, { by }) => aged(input, by),
});
