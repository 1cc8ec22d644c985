import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Random } from './random.js';

const VERSION = 1;
const KEY_ID_BYTES = 8;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES;

/** The sealed bytes do not open: another key, another place, or changed. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** Secrets at rest: AES-256-GCM, version ‖ key id (8) ‖ nonce (12) ‖ tag (16) ‖ ciphertext. */
export interface Sealer {
  /** @param place what the secret belongs to; the same words open it, so a row copied elsewhere stays shut. */
  seal(plain: string, place: string): Uint8Array;
  /** @throws SealError */
  open(sealed: Uint8Array, place: string): string;
  /** Hex ids of the keys that open, the sealing one first. */
  keyIds: readonly string[];
}

/** @param keys 32 bytes each; the first seals, all open, so that a new key can be put before an old one. */
export function createSealer(keys: readonly Uint8Array[], random: Random): Sealer {
  const known = keys.map((key) => ({ key, id: keyId(key) }));
  const current = known[0];
  if (!current) throw new SealError('a sealer needs a key');
  return {
    keyIds: known.map(({ id }) => id.toString('hex')),
    seal(plain, place) {
      const iv = Buffer.from(random.bytes(IV_BYTES));
      const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), current.id, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const id = bytes.subarray(1, HEADER_BYTES);
      const match = known.find((k) => k.id.equals(id));
      if (bytes[0] !== VERSION || !match) throw new SealError('sealed under a key that is not here');
      const iv = bytes.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
      if (bytes.length < HEADER_BYTES + IV_BYTES + TAG_BYTES) throw new SealError('cut short');
      const tag = bytes.subarray(HEADER_BYTES + IV_BYTES, HEADER_BYTES + IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', match.key, iv)
        .setAAD(Buffer.from(place))
        .setAuthTag(tag);
      try {
        const body = bytes.subarray(HEADER_BYTES + IV_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch {
        throw new SealError('sealed for another place, or changed');
      }
    },
  };
}

function keyId(key: Uint8Array): Buffer {
  return createHash('sha256').update('ringer key id').update(key).digest().subarray(0, KEY_ID_BYTES);
}
