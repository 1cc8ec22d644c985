import { z } from 'zod';
import { isoInstant, strict } from './fields.js';

export const sessionInput = strict({
  key: z.string().min(1).max(512).meta({ description: 'The operator’s token, or a tenant’s key.' }),
});

export const session = z
  .object({
    kind: z.enum(['operator', 'tenant']),
    scope: z.enum(['write', 'read']),
    tenant: z
      .object({ id: z.string(), slug: z.string() })
      .nullable()
      .meta({ description: 'The only one that can be reached; null for the operator, who reaches all.' }),
    expiresAt: isoInstant
      .nullable()
      .meta({ description: 'Real time; null where a key was sent, not a cookie.' }),
    version: z.string(),
  })
  .meta({ id: 'Session' });
export type SessionResource = z.output<typeof session>;
