import { z } from 'zod';
import { withMember } from '../../../lib/json-text.js';
import { refuseUnreadable } from '../facts.js';
import { fault } from '../fault.js';
import { withText } from '../rewrite.js';

const MAX_BYTES = 2 * 1_048_576;

export const bigBody = fault({
  type: 'big_body',
  class: 'legal',
  summary: 'The body has `bytes` bytes, at most 2 MiB; frameworks often stop at 100 kB.',
  wire: 'One key more, as long as it takes; signed as always.',
  params: { bytes: z.number().int().min(1).max(MAX_BYTES).default(262_144) },
  refuse: refuseUnreadable,
  input(input, { bytes }) {
    const padded = (letters: number) =>
      withText(input, (text) => withMember(text, 'ringer_padding', `"${'x'.repeat(letters)}"`));
    const missing = bytes - padded(0).body.length;
    return missing < 0 ? input : padded(missing);
  },
});
