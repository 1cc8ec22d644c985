import { describe, expect, it } from 'vitest';
import { faultInCron, nextTurn } from '../../src/engine/cron.js';

const at = (text: string) => Date.parse(text);

describe('the next turn of a cron expression, in UTC', () => {
  it.each([
    ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['* * * * *', '2026-01-01T00:00:59.999Z', '2026-01-01T00:01:00Z'],
    ['*/10 * * * * *', '2026-01-01T00:00:10Z', '2026-01-01T00:00:20Z'],
    ['30 59 23 * * *', '2026-12-31T23:59:30Z', '2027-01-01T23:59:30Z'],
    ['0 9 * * mon', '2026-01-01T00:00:00Z', '2026-01-05T09:00:00Z'],
    ['0 9 * * mon', '2026-01-05T09:00:00Z', '2026-01-12T09:00:00Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 29 2 mon', '2026-01-01T00:00:00Z', '2044-02-29T00:00:00Z'],
    ['0 0 L * *', '2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['0 0 * * 5#2', '2026-01-01T00:00:00Z', '2026-01-09T00:00:00Z'],
    ['15,45 8-10/2 * jan-mar *', '2026-03-31T10:45:00Z', '2027-01-01T08:15:00Z'],
    ['@daily', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['0 0 13 * fri', '2026-01-01T00:00:00Z', '2026-02-13T00:00:00Z'],
    ['0 12 * * *', '1969-12-31T13:00:00Z', '1970-01-01T12:00:00Z'],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(new Date(nextTurn(expression, at(after))!).toISOString()).toBe(
      new Date(at(expected)).toISOString(),
    );
  });

  it('is strictly later, every time, and never leaves one out', () => {
    let now = at('2026-01-01T00:00:00Z');
    for (let i = 1; i <= 500; i++) {
      now = nextTurn('*/7 * * * *', now)!;
      const date = new Date(now);
      expect(date.getUTCMinutes() % 7).toBe(0);
    }
    // Nine turns an hour: 0, 7, … 56.
    expect(now).toBe(at('2026-01-01T00:00:00Z') + Math.floor(500 / 9) * 3_600_000 + (500 % 9) * 7 * 60_000);
  });

  it('there is none where the calendar has none, or no year is left', () => {
    expect(nextTurn('0 0 * * *', at('9999-12-31T12:00:00Z'))).toBeNull();
    expect(faultInCron('0 0 31 2 *')).toContain('impossible');
  });

  it('what cannot be read is said by its field', () => {
    expect(faultInCron('*/5 * * * *')).toBeNull();
    expect(faultInCron('61 * * * *')).toBe('minute: 61 is a invalid expression for minute');
    expect(faultInCron('every day')).toBe('expected 5 or 6 fields but got 2');
    expect(faultInCron('')).not.toBeNull();
  });
});
