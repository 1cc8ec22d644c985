import { z } from 'zod';
import { changeHeaders } from '../facts.js';
import { fault } from '../fault.js';

export const wrongContentType = fault({
  type: 'wrong_content_type',
  class: 'broken',
  summary: 'The usual body under another Content-Type.',
  wire: 'Content-Type is `name`; everything else is right.',
  params: {
    name: z
      .string()
      .max(200)
      .regex(/^[\x20-\x7e]+$/, 'use visible ASCII')
      .default('text/plain'),
  },
  request: (wire, { name }) => ({
    ...wire,
    headers: changeHeaders(wire.headers, ['content-type'], () => name),
  }),
});
