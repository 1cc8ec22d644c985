import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * The token a consumer decrypts as with soft identification: 16 bytes of IV, then AES-256-CBC with PKCS#7 padding,
 * in URL-safe base64 without `=`.
 * @param key 32 characters, used as the 32 key bytes.
 */
export function encryptToken(plaintext: string, key: string, iv: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', Buffer.from(key, 'ascii'), iv);
  return Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64url');
}

/** What a token says; null where the key is another one, or the token none. */
export function decryptToken(token: string, key: string): string | null {
  const bytes = Buffer.from(token, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-cbc', Buffer.from(key, 'ascii'), bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
