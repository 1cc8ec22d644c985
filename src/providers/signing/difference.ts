import { asText, utf8 } from '../../lib/bytes.js';

/** Where two runs of bytes part. */
export interface Difference {
  in: 'body' | 'header';
  /** Counted from 0, in bytes. */
  at: number;
  /** What stands there; null past the end. `0x0a`, or `0x61 "a"`. */
  found: string | null;
  /** What has to stand there. */
  wanted: string | null;
  /** The found bytes around it, invisible ones spelled out. */
  around: string;
}

const AROUND_BYTES = 16;
const NAMES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 32: '␠' };

/** Null when there is none. @param secret true: the wanted bytes are not told. */
export function firstDifference(
  place: Difference['in'],
  found: Uint8Array | string,
  wanted: Uint8Array | string,
  secret = false,
): Difference | null {
  const [left, right] = [found, wanted].map((side) => (typeof side === 'string' ? utf8(side) : side)) as [
    Uint8Array,
    Uint8Array,
  ];
  const longest = Math.max(left.length, right.length);
  let at = 0;
  while (at < longest && left[at] === right[at]) at++;
  if (at === longest) return null;
  return {
    in: place,
    at,
    found: secret ? null : shownByte(left[at]),
    wanted: secret ? null : shownByte(right[at]),
    around: secret ? '' : visible(left.subarray(Math.max(0, at - AROUND_BYTES), at + AROUND_BYTES)),
  };
}

function shownByte(byte: number | undefined): string | null {
  if (byte === undefined) return null;
  const hex = `0x${byte.toString(16).padStart(2, '0')}`;
  const text = NAMES[byte] ?? (byte > 32 && byte < 127 ? String.fromCharCode(byte) : null);
  return text === null ? hex : `${hex} "${text}"`;
}

/** Bytes as text in which nothing is invisible. */
export function visible(bytes: Uint8Array): string {
  return asText(bytes).replace(/[\p{Cc}\p{Cf}\u00a0]/gu, (unit) => {
    const code = unit.codePointAt(0)!;
    return (
      NAMES[code] ??
      (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    );
  });
}
