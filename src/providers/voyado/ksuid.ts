import type { Random } from '../../lib/random.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 2014-05-13T16:53:20Z, the KSUID epoch, in Unix seconds. */
const EPOCH_SECONDS = 1_400_000_000;
const LENGTH = 27;

/** A KSUID: 4 bytes of seconds and 16 random ones as 27 base62 characters, so that ids sort by their second. */
export function ksuid(nowMs: number, random: Random): string {
  const seconds = Math.min(Math.max(Math.floor(nowMs / 1000) - EPOCH_SECONDS, 0), 0xffffffff);
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32BE(seconds);
  bytes.set(random.bytes(16), 4);
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
