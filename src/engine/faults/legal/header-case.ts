import { z } from 'zod';
import { fault } from '../fault.js';

export const headerCase = fault({
  type: 'header_case',
  class: 'legal',
  summary: 'Header names are spelled in another case; HTTP knows no difference.',
  wire: 'Every header name in upper, lower or title case.',
  params: { to: z.enum(['upper', 'lower', 'title']).default('upper') },
  manner: ({ to }) => ({ spelling: to }),
});
