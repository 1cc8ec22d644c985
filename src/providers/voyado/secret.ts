import { z } from 'zod';
import type { SecretRule } from '../contract.js';

const PREFIX = 'whsec_';
const MADE_BYTES = 24;
const MIN_BYTES = 24;
/** What the Svix server takes; Standard Webhooks stops at 64. */
const MAX_BYTES = 75;

/** The bytes behind a `whsec_` secret, with or without its prefix. */
export function secretKey(secret: string): Uint8Array {
  return Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64');
}

function isCanonical(secret: string): boolean {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  return Buffer.from(text, 'base64').toString('base64') === text;
}

export const secretRule: SecretRule = {
  use: 'required',
  accepts: z
    .string()
    .refine(isCanonical, 'must be whsec_ and padded standard base64')
    .refine((secret) => {
      const { length } = secretKey(secret);
      return length >= MIN_BYTES && length <= MAX_BYTES;
    }, `must hold ${MIN_BYTES} to ${MAX_BYTES} bytes in base64`),
  make: (random) => PREFIX + Buffer.from(random.bytes(MADE_BYTES)).toString('base64'),
};
