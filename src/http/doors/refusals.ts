import type { z } from 'zod';
import type { AppError } from '../../errors.js';
import { plainIssue } from '../../lib/plain-issue.js';
import { type DoorIssue, DoorRefusal, type Refusal } from '../../providers/front-door.js';
import { unstorable } from '../../services/schemas/parse.js';
import { appErrorOf, type ProblemOptions } from '../problem.js';

/** Fields at fault that a refusal names; a request can have a hundred thousand of them. */
const MOST_ISSUES = 50;

/** A request that does not fit its route's schemas. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  constructor(readonly issues: readonly DoorIssue[]) {
    super('the request does not fit');
  }
}

/** What has no schema is not read. @throws Misfit */
export function parseAtDoor(place: 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return {};
  const parsed = schema.safeParse(value, { error: plainIssue });
  if (!parsed.success) throw new Misfit(issuesOf(place, parsed.error.issues).slice(0, MOST_ISSUES));
  refuseUnstorable(place, parsed.data);
  return parsed.data;
}

/** @throws Misfit for text that no column can hold. */
export function refuseUnstorable(place: DoorIssue['in'], value: unknown): void {
  const errors = unstorable(value);
  if (errors.length === 0) return;
  throw new Misfit(
    errors
      .slice(0, MOST_ISSUES)
      .map(({ path, message }) => ({ in: place, path: path.split('.'), message, type: 'custom' })),
  );
}

function issuesOf(
  place: 'query' | 'body',
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly (string | number)[] = [],
): DoorIssue[] {
  return issues.flatMap((issue): DoorIssue[] => {
    const path = [...prefix, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        in: place,
        path: [...path, key],
        message: issue.message,
        type: issue.code,
      }));
    return [{ in: place, path, message: issue.message, type: issue.code }];
  });
}

/** Null for a fault of ours. */
export function refusalFrom(
  thrown: unknown,
  { readiness }: Pick<ProblemOptions, 'readiness'>,
): Refusal | null {
  if (thrown instanceof Misfit) return { kind: 'invalid', issues: thrown.issues };
  if (thrown instanceof DoorRefusal) {
    const { status, code, message, issues } = thrown;
    return { kind: 'refused', status, code, detail: message, issues };
  }
  const known = appErrorOf(thrown, readiness);
  return known && refusalOf(known);
}

export function refusalOf({ status, code, message, errors = [] }: AppError): Refusal {
  const issues = errors.map((e) => ({
    in: 'body' as const,
    path: e.path === '' ? [] : e.path.split('.'),
    message: e.message,
    type: code,
  }));
  return { kind: 'refused', status, code, detail: message, issues };
}
