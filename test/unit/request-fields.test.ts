import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/errors.js';
import { faultInput } from '../../src/services/schemas/faults.js';
import { duration, idOf, instant, listOf, strict } from '../../src/services/schemas/fields.js';
import { parseInput } from '../../src/services/schemas/parse.js';

function refusal(schema: z.ZodType, value: unknown): AppError {
  try {
    parseInput(schema, value);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('was not refused');
}

describe('fields of requests', () => {
  it.each([
    ['90s', 90_000],
    ['3d', 259_200_000],
    ['PT1H30M', 5_400_000],
    ['0s', 0],
  ])('the duration %s', (text, ms) => {
    expect(parseInput(duration, text)).toBe(ms);
  });

  it.each([
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31T08:00:00.123456+02:00', '2026-01-31T06:00:00.123Z'],
    ['2026-01-31T08:00Z', '2026-01-31T08:00:00.000Z'],
  ])('the instant %s', (text, iso) => {
    expect(new Date(parseInput(instant, text)).toISOString()).toBe(iso);
  });

  it.each(['', 'now', '2026-01-31', '2026-13-01T00:00:00Z', '2026-01-31T08:00:00', '1768469400'])(
    'no instant: %j',
    (text) => {
      expect(refusal(instant, text)).toMatchObject({ code: 'invalid_instant' });
    },
  );

  it('a code is shared or it is invalid_request', () => {
    const schema = strict({ by: duration, to: duration, n: z.number().optional() });
    expect(refusal(schema, { by: 'x', to: 'y' })).toMatchObject({
      code: 'invalid_duration',
      errors: [{ path: 'by' }, { path: 'to' }],
    });
    expect(refusal(schema, { by: 'x', to: '1s', n: 'y' })).toMatchObject({ code: 'invalid_request' });
  });

  it('every unknown key has a path of its own and the list of those that exist', () => {
    const schema = strict({ a: strict({ b: z.number().optional() }) });
    expect(refusal(schema, { a: { x: 1, y: 2 }, z: 3 }).errors).toEqual([
      { path: 'a.x', message: 'Unknown key; there are: b' },
      { path: 'a.y', message: 'Unknown key; there are: b' },
      { path: 'z', message: 'Unknown key; there are: a' },
    ]);
  });

  it('ids lose their prefix, lists their commas', () => {
    expect(parseInput(idOf('sub'), 'sub_019a0000-0000-7000-8000-000000000000')).toBe(
      '019a0000-0000-7000-8000-000000000000',
    );
    expect(refusal(idOf('sub'), 'evt_019a0000-0000-7000-8000-000000000000').message).toContain('sub_<uuid>');
    expect(parseInput(listOf(['a', 'b']), 'b,a')).toEqual(['b', 'a']);
    expect(refusal(listOf(['a', 'b']), 'a,c').message).toContain('there are: a, b');
  });
});

describe('a fault with a slip of the pen', () => {
  it('is told the field by its name alone', () => {
    expect(() => parseInput(faultInput, { type: 'bad_signature', firts: 1 })).toThrow(
      /^firts: is unknown here\.$/,
    );
    const schema = z.strictObject({ a: z.number() }, { error: 'Unknown key; there are: a.' });
    expect(() => parseInput(schema, { a: 1, b: 2 })).toThrow('b: Unknown key; there are: a.');
  });

  it('is told the type that was meant, where one is alike', () => {
    expect(() => parseInput(faultInput, { type: 'bad_signatur' })).toThrow(
      'type: must be of a known type (did you mean bad_signature?); there are: ',
    );
    expect(() => parseInput(faultInput, { type: 'no_such_thing' })).toThrow(
      'type: must be of a known type; there are: ',
    );
  });
});
