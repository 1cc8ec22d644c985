import { z } from 'zod';
import { fault } from '../fault.js';
import { count } from '../params.js';

export const extraHeader = fault({
  type: 'extra_header',
  class: 'legal',
  summary: 'Headers that no document knows.',
  wire: '`n` headers more, `name` and with more than one `name-2`, `name-3` and so on.',
  params: {
    name: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,60}$/, 'use letters, digits and hyphens, up to 60')
      .default('x-ringer-unknown'),
    value: z
      .string()
      .max(4_000)
      .regex(/^[\t\x20-\x7e]*$/, 'use visible ASCII')
      .default('1'),
    n: count(1, 50),
  },
  request: (wire, { name, value, n }) => ({
    ...wire,
    headers: [
      ...wire.headers,
      ...Array.from({ length: n }, (_, i) => [i === 0 ? name : `${name}-${i + 1}`, value] as const),
    ],
  }),
});
