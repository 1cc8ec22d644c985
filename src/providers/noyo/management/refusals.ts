import { z } from 'zod';
import type { DoorIssue, DoorReply, Refusal } from '../../front-door.js';

export const refusal = z.strictObject({
  message: z.string(),
  errors: z.record(z.string(), z.string()).meta({ description: 'By field.' }),
});

/** The form's names of what the core calls otherwise. */
const FIELDS: Readonly<Record<string, string>> = { url: 'destination', overlap: 'overlap_seconds' };

/** What a field says is 422; the API files give the statuses, the shape is ours. */
export function refuse(refused: Refusal): DoorReply {
  if (refused.kind === 'invalid') {
    const { issues } = refused;
    const message = issues.map((issue) => `${fieldOf(issue)}: ${issue.message}`).join('; ');
    return shaped(issues.some(isOfField) ? 422 : 400, message, byField(issues));
  }
  const { status, detail, issues } = refused;
  const unprocessable = status === 400 && issues.some(isOfField);
  return shaped(unprocessable ? 422 : status, detail, byField(issues, FIELDS));
}

function shaped(status: number, message: string, errors: Readonly<Record<string, string>>): DoorReply {
  return { status, body: { message, errors } };
}

function byField(issues: readonly DoorIssue[], names: Readonly<Record<string, string>> = {}) {
  return Object.fromEntries(
    issues.map((issue) => {
      const field = fieldOf(issue);
      return [Object.hasOwn(names, field) ? names[field] : field, issue.message];
    }),
  );
}

/** Not of the body as a whole. */
function isOfField({ path }: DoorIssue): boolean {
  return path.length > 0;
}

function fieldOf({ path }: DoorIssue): string {
  return path.length === 0 ? 'body' : path.join('.');
}
