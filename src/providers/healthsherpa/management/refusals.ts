import { z } from 'zod';
import type { DoorReply, Refusal } from '../../front-door.js';
import { formFieldOf } from './form.js';

/** As every endpoint of the enrollment API answers: one list, each with a code, the field and a sentence. */
export const refusal = z.strictObject({
  errors: z.array(z.strictObject({ code: z.string(), field: z.string().nullable(), message: z.string() })),
});

const CODES: Readonly<Record<string, string>> = {
  invalid_type: 'invalid_value',
  invalid_union: 'invalid_value',
  unrecognized_keys: 'unknown_field',
};

export function refuse(asked: Refusal): DoorReply {
  if (asked.kind === 'invalid') {
    const errors = asked.issues.map(({ path, message, type }) => ({
      code: CODES[type] ?? 'invalid_value',
      field: path.join('.') || null,
      message,
    }));
    return { status: 422, body: { errors } };
  }
  const { status, code, detail, issues } = asked;
  const errors =
    issues.length === 0
      ? [{ code, field: null, message: detail }]
      : issues.map(({ path, message }) => ({ code, field: formFieldOf(path.join('.')), message }));
  // What does not fit is a 422 there, whoever finds it.
  return { status: status === 400 ? 422 : status, body: { errors } };
}
