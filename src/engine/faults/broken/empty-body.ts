import { fault } from '../fault.js';

export const emptyBody = fault({
  type: 'empty_body',
  class: 'broken',
  summary: 'A request without a body, signed correctly.',
  wire: 'Content-Length: 0 and a valid signature over nothing.',
  params: {},
  input: (input) => ({ ...input, body: new Uint8Array() }),
});
