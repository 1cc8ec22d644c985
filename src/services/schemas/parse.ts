import type { z } from 'zod';
import { AppError, CATALOGUE, type ErrorCode, type FieldError, fewErrors } from '../../errors.js';
import { plainIssue } from '../../lib/plain-issue.js';

/** @throws AppError with every field at fault: `invalid_request`, or the code all of them share. */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value, { error: plainIssue });
  if (!parsed.success) throw refusalOf(parsed.error);
  const errors = fewErrors(unstorable(parsed.data));
  if (errors.length === 0) return parsed.data;
  throw new AppError(
    'invalid_request',
    `${errors.map((e) => `${e.path}: ${e.message}`).join('; ')}.`,
    errors,
  );
}

/** Fields of an input: what a consumer is sent may hold any characters; it is stored as bytes. */
const BYTES = new Set(['data', 'payload', 'payloadText', 'payloadBase64']);
/** PostgreSQL keeps neither a NUL nor half a surrogate pair as text. */
const UNSTORABLE = /\u0000|\p{Cs}/u;

/**
 * The texts in what was parsed that no column can hold.
 * @param options `isInput`: an input itself, the whole or an entry of its list, and nothing with keys of the caller's choice.
 */
export function unstorable(
  value: unknown,
  path: readonly PropertyKey[] = [],
  { isInput = true }: { isInput?: boolean } = {},
): FieldError[] {
  if (typeof value === 'string') {
    return UNSTORABLE.test(value)
      ? [{ path: dotted(path), message: 'holds a NUL or half a character; leave it out' }]
      : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (isInput && BYTES.has(key)) return [];
    if (UNSTORABLE.test(key))
      return [{ path: dotted(path), message: 'has a key with a NUL or half a character in it' }];
    return unstorable(inner, [...path, key], { isInput: Array.isArray(value) && path.length === 1 });
  });
}

export function refusalOf(error: z.ZodError): AppError {
  const errors = fewErrors(fieldErrors(error.issues));
  const codes = new Set(error.issues.map(codeOf));
  const [only] = codes;
  const code = codes.size === 1 && only ? only : 'invalid_request';
  const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new AppError(code, `${detail}.`, errors);
}

/** One entry per field; of a union the branch that came closest. */
export function fieldErrors(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): FieldError[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const isOwn = issue.message !== plainIssue({ ...issue, input: undefined });
      const message = isOwn ? issue.message : 'is unknown here';
      return issue.keys.map((key) => ({ path: dotted([...path, key]), message }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a));
      return fieldErrors(closest, path);
    }
    return [{ path: dotted(path), message: issue.message }];
  });
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  const code: unknown = issue.code === 'custom' ? issue.params?.code : undefined;
  return typeof code === 'string' && code in CATALOGUE ? (code as ErrorCode) : 'invalid_request';
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((most, issue) => Math.max(most, issue.path.length), 0);
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
