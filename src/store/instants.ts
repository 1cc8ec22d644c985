import pg from 'pg';

const TIMESTAMPTZ = 1184;

interface Parsers {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown;
}

/** For statements whose rows come by the ten thousand: instants as milliseconds, without a Date of each (2.9 µs a delivery). */
export const instantsAsMs = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMPTZ ? parseInstant : (pg.types as Parsers).getTypeParser(oid, format),
};

let lastText = '';
let lastMs = 0;

/**
 * An instant as PostgreSQL writes it in UTC, `2026-01-31 12:34:56.123456+00`, in whole milliseconds since 1970.
 * Anything else (before Christ, beyond the year 9999) goes the long way.
 */
export function parseInstant(text: string): number {
  // Most rows of an answer share one: the batch they were made in, or now.
  if (text === lastText) return lastMs;
  const ms = inUtc(text) ?? (pg.types.getTypeParser(TIMESTAMPTZ)(text) as Date).getTime();
  lastText = text;
  lastMs = ms;
  return ms;
}

function inUtc(text: string): number | null {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(10) !== 32 || !text.endsWith('+00')) return null;
  const seconds = Date.UTC(
    digits(text, 0, 4),
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
  );
  // Trailing zeros are not written: .5 is half a second.
  const fraction = Math.min(text.length - 3, 23) - 20;
  return fraction > 0 ? seconds + digits(text, 20, 20 + fraction) * 10 ** (3 - fraction) : seconds;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}
