import { isoMillis } from '../../lib/clock.js';
import type { Random } from '../../lib/random.js';
import type { TimestampRule } from '../contract.js';

export type TimestampFormat = Extract<TimestampRule, { kind: 'header' }>['format'];

/**
 * @param random of it, the three digits below the millisecond that our clocks do not have. Where the timestamp must
 * repeat on every attempt, pass one that repeats (`seededRandom` of the delivery's id).
 */
export function formatTimestamp(
  atMs: number,
  format: TimestampFormat,
  random: Pick<Random, 'float'>,
): string {
  switch (format) {
    case 'isoMicros':
      return `${isoMillis(atMs).slice(0, -1)}${threeDigits(random)}+00:00`;
    case 'isoMillis':
      return isoMillis(atMs);
    case 'unixSeconds':
      return String(Math.floor(atMs / 1000));
    case 'unixMillis':
      return String(Math.floor(atMs));
  }
}

/** `2024-02-27T10:30:00Z`, for bodies. */
export function isoSeconds(atMs: number): string {
  return `${isoMillis(atMs).slice(0, 19)}Z`;
}

function threeDigits(random: Pick<Random, 'float'>): string {
  return String(Math.floor(random.float() * 1000)).padStart(3, '0');
}
