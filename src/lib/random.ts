import { randomFillSync } from 'node:crypto';

/** A source of random bytes. Production draws from the kernel; a seeded world repeats itself byte for byte. */
export interface Random {
  /** `count` random bytes, 1 to 65,536. */
  bytes(count: number): Uint8Array;
  /** A float in [0, 1). */
  float(): number;
}

const POOL_BYTES = 4096;

/** Randomness from the kernel, drawn in blocks: one system call per 4 KiB instead of one per id. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  const bytes = (count: number): Uint8Array => {
    if (count > POOL_BYTES) return randomFillSync(Buffer.alloc(count));
    if (used + count > POOL_BYTES) {
      pool = randomFillSync(Buffer.alloc(POOL_BYTES));
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
  return { bytes, float: () => floatFrom(bytes(4)) };
}

/**
 * Repeatable randomness (sfc32) for tests, examples and the seeded library. Never for secrets of a real tenant.
 * @param seed any string or number; equal seeds give equal sequences.
 */
export function seededRandom(seed: string | number): Random {
  let [a, b, c, d] = hash128(String(seed));
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const bytes = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = next() >>> 24;
    return out;
  };
  return { bytes, float: () => next() / 4294967296 };
}

function floatFrom(four: Uint8Array): number {
  return new DataView(four.buffer, four.byteOffset, 4).getUint32(0) / 4294967296;
}

function hash128(text: string): [number, number, number, number] {
  let h = [1779033703, 3144134277, 1013904242, 2773480762] as [number, number, number, number];
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h = [
      h[1] ^ Math.imul(h[0] ^ k, 597399067),
      h[2] ^ Math.imul(h[1] ^ k, 2869860233),
      h[3] ^ Math.imul(h[2] ^ k, 951274213),
      h[0] ^ Math.imul(h[3] ^ k, 2716044179),
    ];
  }
  return h;
}
