import { createHmac } from 'node:crypto';

/** @param key a string is its UTF-8 bytes. @param parts signed one after the other, strings as UTF-8. */
export function hmacSha256(
  key: Uint8Array | string,
  parts: readonly (string | Uint8Array)[],
  encoding: 'hex' | 'base64',
): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}
