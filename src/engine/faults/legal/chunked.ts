import { fault } from '../fault.js';
import { count } from '../params.js';

export const chunked = fault({
  type: 'chunked',
  class: 'legal',
  summary: 'The body is sent with Transfer-Encoding: chunked.',
  wire: 'No Content-Length; chunks of `chunk` bytes and the empty one at the end.',
  params: { chunk: count(64, 1_048_576) },
  manner: ({ chunk }) => ({ framing: { kind: 'chunked', bytes: chunk } }),
});
