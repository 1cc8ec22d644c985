import { z } from 'zod';
import type { DoorIssue, DoorReply, Refusal } from '../../front-door.js';

export const refusal = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), details: z.record(z.string(), z.string()) }),
});

/** What the sibling pages call the statuses that they list; the words are ours, but for the first. */
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  422: 'validation_error',
  429: 'rate_limited',
};

/** `{error: {code, message, details}}`; what a field says, or a state forbids, is 422. */
export function refuse(refused: Refusal): DoorReply {
  if (refused.kind === 'invalid') {
    const { issues } = refused;
    return shaped(issues.some(isOfField) ? 422 : 400, sentence(issues), issues);
  }
  const { status, detail, issues } = refused;
  const unprocessable = status === 409 || (status === 400 && issues.some(isOfField));
  return shaped(unprocessable ? 422 : status, detail, issues);
}

function shaped(status: number, message: string, issues: readonly DoorIssue[]): DoorReply {
  const details = Object.fromEntries(issues.map((issue) => [fieldOf(issue), issue.message]));
  const code = CODES[status] ?? (status < 500 ? 'invalid_request' : 'internal_error');
  return { status, body: { error: { code, message, details } } };
}

/** Not of the body as a whole. */
function isOfField({ path }: DoorIssue): boolean {
  return path.length > 0;
}

function fieldOf({ path }: DoorIssue): string {
  return path.length === 0 ? 'body' : path.join('.');
}

function sentence(issues: readonly DoorIssue[]): string {
  return issues.map((issue) => `${fieldOf(issue)}: ${issue.message}`).join('; ');
}
