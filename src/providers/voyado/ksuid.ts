import type { Random } from '../../lib/random.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 2014-05-13T16:53:20Z, the KSUID epoch, in Unix seconds. */
const EPOCH_SECONDS = 1_400_000_000;
const LENGTH = 27;
const BYTES = 20;
const LARGEST = 2n ** BigInt(8 * BYTES) - 1n;

/** A KSUID: 4 bytes of seconds and 16 random ones as 27 base62 characters, so that ids sort by their second. */
export function ksuid(nowMs: number, random: Random): string {
  return ksuidOf(nowMs, random.bytes(16));
}

/** @param payload its 16 bytes behind the 4 of the second. */
export function ksuidOf(nowMs: number, payload: Uint8Array): string {
  const seconds = Math.min(Math.max(Math.floor(nowMs / 1000) - EPOCH_SECONDS, 0), 0xffffffff);
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt32BE(seconds);
  bytes.set(payload, BYTES - 16);
  return base62(bytes);
}

/** 20 bytes as 27 characters. */
export function base62(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < LENGTH; i++) {
    text = ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}

/** The 20 bytes of 27 characters; null for any other text. */
export function fromBase62(text: string): Uint8Array | null {
  if (!/^[0-9A-Za-z]{27}$/.test(text)) return null;
  let value = 0n;
  for (const character of text) value = value * 62n + BigInt(ALPHABET.indexOf(character));
  return value > LARGEST ? null : Buffer.from(value.toString(16).padStart(2 * BYTES, '0'), 'hex');
}
