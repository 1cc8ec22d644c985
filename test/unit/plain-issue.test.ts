import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plainIssue } from '../../src/lib/plain-issue.js';

const said = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value, { error: plainIssue }).error!.issues.map((issue) => issue.message);

describe('what zod finds at fault, said to a person', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, 'is missing'],
    [z.string(), 7, 'must be text, not a number'],
    [z.string(), null, 'must be text, not null'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(3), 'a', 'must have at least 3 characters'],
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.string().length(2), 'a', 'must have exactly 2 characters'],
    [z.number(), '7', 'must be a number, not text'],
    [z.number(), Number.NaN, 'must be a number'],
    [z.int(), 1.5, 'must be a whole number, not a fraction'],
    [z.number().min(1), 0, 'must be at least 1'],
    [z.number().max(9), 10, 'must be at most 9'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
    [z.boolean(), 'yes', 'must be true or false, not text'],
    [z.array(z.string()), {}, 'must be a list, not an object'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 entries'],
    [z.object({}), [], 'must be an object, not a list'],
    [z.strictObject({}), { a: 1, b: 2 }, 'has unknown keys: a, b'],
    [z.literal('raw'), 'x', 'must be raw'],
    [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
    [z.enum(['a', 'b']), undefined, 'is missing'],
    [z.uuid(), 'x', 'must be a UUID'],
    [z.iso.datetime(), 'x', 'must be an instant in ISO 8601, such as 2026-01-31T08:00:00Z'],
    [z.string().startsWith('whsec_'), 'x', 'must begin with "whsec_"'],
    [z.string().regex(/^a$/), 'x', 'must fit /^a$/'],
    [z.union([z.string(), z.number()]), true, 'has none of the forms it may have'],
    [z.string('is odd'), 7, 'is odd'],
  ])('%#: %j', (schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  });

  it('reaches into unions, lists and objects', () => {
    const schema = z.object({ list: z.array(z.object({ a: z.string() })) });
    expect(said(schema, { list: [{}] })).toEqual(['is missing']);
    const [issue] = z.union([z.object({ a: z.string() }), z.string()]).safeParse({}, { error: plainIssue })
      .error!.issues;
    expect(JSON.stringify(issue)).toContain('is missing');
    expect(JSON.stringify(issue)).not.toContain('Invalid input');
  });
});
