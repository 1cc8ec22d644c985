import { z } from 'zod';
import { type DoorIssue, DoorRefusal, type DoorReply, type Refusal } from '../../front-door.js';

const validationItem = z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() });

/** What Svix answers when it refuses. */
export const refusalSchema = z
  .union([
    z.object({ code: z.string(), detail: z.string() }),
    z.object({ detail: z.array(validationItem) }).meta({ description: 'With status 422.' }),
  ])
  .meta({ id: 'SvixRefusal' });

/** Svix's words for refusals of the core; the others keep theirs. */
const CODES: Readonly<Record<string, string>> = {
  unauthorized: 'authentication_failed',
  read_only_key: 'insufficient_access',
  uid_taken: 'conflict',
  event_id_taken: 'conflict',
  internal: 'server_error',
};
/** Fields that Svix names otherwise. */
const FIELDS: Readonly<Record<string, string>> = { events: 'filterTypes', rateLimit: 'throttleRate' };

export function refuse(refusal: Refusal): DoorReply {
  if (refusal.kind === 'invalid') return unprocessable(refusal.issues);
  const { status, code, detail, issues } = refusal;
  if (code === 'invalid_json')
    return unprocessable([{ in: 'body', path: [], message: detail, type: 'value_error.jsondecode' }]);
  if ([400, 422].includes(status) && issues.length > 0) return unprocessable(issues);
  return { status, body: { code: CODES[code] ?? code, detail } };
}

function unprocessable(issues: readonly DoorIssue[]): DoorReply {
  const detail = issues.map(({ in: place, path, message, type }) => ({
    loc: [place, ...path.map((part) => (typeof part === 'number' ? `[${part}]` : fieldOf(part)))],
    msg: message,
    type: type.startsWith('value_error') ? type : 'value_error',
  }));
  return { status: 422, body: { detail } };
}

function fieldOf(part: string): string {
  return Object.hasOwn(FIELDS, part) ? FIELDS[part]! : part;
}

export function notFound(what = 'Entity'): DoorRefusal {
  return new DoorRefusal(404, 'not_found', `${what} not found.`);
}

/** A value that its schema allows and the state of things does not. */
export function invalid(
  path: readonly string[],
  message: string,
  place: DoorIssue['in'] = 'body',
): DoorRefusal {
  return new DoorRefusal(422, 'value_error', message, [{ in: place, path, message, type: 'value_error' }]);
}

export function badRequest(code: string, detail: string): DoorRefusal {
  return new DoorRefusal(400, code, detail);
}

export function conflict(detail: string): DoorRefusal {
  return new DoorRefusal(409, 'conflict', detail);
}
