import { z } from 'zod';
import type { DoorIssue, DoorReply, Refusal } from '../../front-door.js';

export const refusal = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.string().optional(),
    message: z.string(),
    details: z.record(z.string(), z.string()).optional(),
    retry_after: z.number().int().optional(),
  }),
});

/** As the guides print them; what they do not print is said in Ringer's words. */
const TEXTS: Readonly<Record<string, string>> = {
  unauthorized: 'Unauthorized. This can happen if the access token is invalid, expired or has been revoked',
  not_found: 'Resource not found',
  https_required: 'Webhook endpoints must use HTTPS. NovaMed will not send webhooks to HTTP endpoints.',
};

/** The API's names of what the core calls otherwise. */
const FIELDS: Readonly<Record<string, string>> = {
  url: 'webhook_url',
  secret: 'x-api-key',
  'settings.clinicId': 'clinic_id',
};

/** `{success:false,error:{message,details}}`: the message is that of the first fault, `details` has all by field. */
export function refuse(refused: Refusal): DoorReply {
  if (refused.kind === 'invalid') {
    const { issues } = refused;
    return shaped(400, issues[0]!.message, byField(issues));
  }
  const { status, code, detail, issues } = refused;
  if (code === 'rate_limited') {
    const message = 'Rate limit exceeded. Please retry after 60 seconds.';
    const error = { code: 'RATE_LIMIT_EXCEEDED', message, retry_after: 60 };
    return { status, body: { success: false, error } };
  }
  return shaped(status, TEXTS[code] ?? detail, byField(issues, FIELDS));
}

function shaped(status: number, message: string, details: Readonly<Record<string, string>>): DoorReply {
  return { status, body: { success: false, error: { message, details } } };
}

function byField(issues: readonly DoorIssue[], names: Readonly<Record<string, string>> = {}) {
  return Object.fromEntries(
    issues.map(({ path, message }) => {
      const field = path.length === 0 ? 'body' : path.join('.');
      return [Object.hasOwn(names, field) ? names[field] : field, message];
    }),
  );
}
