import { v7 } from 'uuid';
import type { Random } from './random.js';

export type IdPrefix =
  | 'ten'
  | 'sub'
  | 'evt'
  | 'dlv'
  | 'att'
  | 'key'
  | 'sec'
  | 'run'
  | 'ntf'
  | 'sch'
  | 'scn'
  | 'flt'
  | 'chk';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Ids {
  /** A UUIDv7: time-ordered, so that history indexes grow at one end (random keys cost 40 % of throughput). */
  next(): string;
}

/**
 * Strictly increasing UUIDv7s: within one process the order of ids is the order of creation, even inside one millisecond.
 * @param nowMs real time, milliseconds; a step back is ignored until time has caught up.
 */
export function createIds(nowMs: () => number, random: Random): Ids {
  let lastMs = 0;
  let seq = 0;
  return {
    next() {
      const now = Math.floor(nowMs());
      if (now > lastMs) {
        lastMs = now;
        seq = 0;
      } else if (++seq > 0xffffffff) {
        lastMs += 1;
        seq = 0;
      }
      return v7({ msecs: lastMs, seq, random: random.bytes(16) });
    },
  };
}

/** `evt_` + UUID, as the API shows ids. */
export function publicId(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${uuid}`;
}

/** The UUID inside a public id, or null when it has another prefix or form. */
export function parsePublicId(prefix: IdPrefix, text: string): string | null {
  if (!text.startsWith(`${prefix}_`)) return null;
  const uuid = text.slice(prefix.length + 1);
  return UUID.test(uuid) ? uuid : null;
}

/** An id as a caller wrote it, in the one spelling that is kept; null when it is no UUID. */
export function asUuid(text: string): string | null {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? lower : null;
}

/** The first UUIDv7 of a millisecond: the lower bound of everything made at or after it. */
export function firstIdAt(atMs: number): string {
  const hex = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** A random UUIDv4, for ids inside payloads. */
export function uuid4(random: Random): string {
  const b = Uint8Array.from(random.bytes(16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(b).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` characters of an alphabet, without modulo bias. */
export function randomText(random: Random, length: number, alphabet: string = BASE62): string {
  const limit = 256 - (256 % alphabet.length);
  let out = '';
  while (out.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < limit && out.length < length) out += alphabet[byte % alphabet.length];
    }
  }
  return out;
}

/** When a UUIDv7 was made, milliseconds. */
export function idTimeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
