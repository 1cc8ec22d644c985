import { z } from 'zod';
import { withMember } from '../../../lib/json-text.js';
import { refuseUnreadable } from '../facts.js';
import { fault } from '../fault.js';
import { withText } from '../rewrite.js';

export const unknownField = fault({
  type: 'unknown_field',
  class: 'legal',
  summary: 'The body has a field that no document names yet.',
  wire: 'One key more at the end of the body; signed as always.',
  params: {
    name: z.string().min(1).max(100).default('ringer_unknown'),
    value: z.unknown().default('a field of a later version'),
  },
  refuse: refuseUnreadable,
  input: (input, { name, value }) => withText(input, (text) => withMember(text, name, JSON.stringify(value))),
});
