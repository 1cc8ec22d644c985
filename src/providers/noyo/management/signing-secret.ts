import { z } from 'zod';
import type { PortSecret } from '../../port.js';
import { unixSeconds } from './pages.js';

/** All that is ever shown of one. */
export const signingSecret = z.strictObject({
  id: z.guid(),
  api_key_name: z.string().nullable(),
  created: z.int(),
  expires: z
    .int()
    .nullable()
    .meta({ description: 'End of its overlap, Unix seconds; null for the current one.' }),
});

export function signingSecretOf({ id, name, createdAtMs, expiresAtMs }: PortSecret) {
  return {
    id,
    api_key_name: name,
    created: unixSeconds(createdAtMs),
    expires: expiresAtMs === null ? null : unixSeconds(expiresAtMs),
  };
}

const STRONG_LENGTH = 16;

/** For `Ringer-Notice`: the document asks for high entropy and sets no length. */
export function weakness(secret: string): string[] {
  if ([...secret].length >= STRONG_LENGTH) return [];
  return [
    `The secret is shorter than ${STRONG_LENGTH} characters; Noyo asks for a random string with high entropy.`,
  ];
}
