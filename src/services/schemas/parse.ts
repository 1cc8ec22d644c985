import type { z } from 'zod';
import { AppError, CATALOGUE, type ErrorCode, type FieldError } from '../../errors.js';

/** @throws AppError with every field at fault: `invalid_request`, or the code all of them share. */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error);
}

export function refusalOf(error: z.ZodError): AppError {
  const errors = fieldErrors(error.issues);
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
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: dotted([...path, key]), message: issue.message }));
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
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
