import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInstant } from '../../src/store/instants.js';

test('an instant as PostgreSQL writes it is the millisecond it lies in', () => {
  expect(parseInstant('2026-01-31 12:34:56.123456+00')).toBe(Date.parse('2026-01-31T12:34:56.123Z'));
  expect(parseInstant('2026-01-31 12:34:56.5+00')).toBe(Date.parse('2026-01-31T12:34:56.500Z'));
  expect(parseInstant('2026-01-31 12:34:56.05+00')).toBe(Date.parse('2026-01-31T12:34:56.050Z'));
  expect(parseInstant('1999-12-31 23:59:59+00')).toBe(Date.parse('1999-12-31T23:59:59Z'));
});

test('what the short way does not know goes the long way', () => {
  expect(parseInstant('2026-01-31 14:04:56.5+01:30')).toBe(Date.parse('2026-01-31T12:34:56.500Z'));
  expect(parseInstant('12026-01-31 12:34:56+00')).toBe(Date.UTC(12026, 0, 31, 12, 34, 56));
});

test('every millisecond comes back as itself, with and without trailing zeros', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(9999, 11, 31) }), (ms) => {
      const [day, time] = new Date(ms).toISOString().slice(0, -1).split('T') as [string, string];
      const written = time.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
      expect(parseInstant(`${day} ${written}+00`)).toBe(ms);
    }),
  );
});
