import { fault } from '../fault.js';

export const malformedJson = fault({
  type: 'malformed_json',
  class: 'broken',
  summary: 'A body that is no JSON, signed correctly.',
  wire: 'The body without its last byte, and a valid signature over that.',
  params: {},
  input: (input) => ({
    ...input,
    body: input.body.length > 1 ? input.body.subarray(0, -1) : new TextEncoder().encode('{'),
  }),
});
