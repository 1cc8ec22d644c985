import { z } from 'zod';
import type { Json } from '../../../lib/merge-patch.js';
import { secretRule } from '../secret.js';

const NAME = /^[a-zA-Z0-9\-_.]+$/;
const NAME_RULE = 'must be letters, digits and -_. alone';
const CONTROL = /[\u0000-\u0008]/;
const METADATA_LENGTH = 4_096;

/** A name of the caller's choice, which must not look like an id: `prefix` is that of the ids beside it. */
export function uid(prefix: string) {
  return z
    .string()
    .min(1)
    .max(256)
    .regex(NAME, NAME_RULE)
    .refine((text) => !text.startsWith(prefix), `must not begin with ${prefix} like an id`);
}

export const eventTypeName = z.string().min(1).max(256).regex(NAME, NAME_RULE);
export const channel = z.string().min(1).max(128).regex(NAME, NAME_RULE);
export const text = z.string().refine((s) => !CONTROL.test(s), 'must not hold control characters');
export const tag = z.string().min(1).max(128).regex(NAME, NAME_RULE);

export const metadata = z
  .record(z.string(), z.string())
  .refine(
    (given) => JSON.stringify(given).length <= METADATA_LENGTH,
    `must have at most ${METADATA_LENGTH} characters as JSON`,
  );

/** Messages a second. */
export const rate = z.int().min(1, 'must be at least 1 if set').max(65_535);

const SECRET = /^(whsec_)?[a-zA-Z0-9+/=]{32,100}$/;

export const secret = z
  .string()
  .refine(
    (given) => SECRET.test(given) && secretRule.accepts.safeParse(given).success,
    'must be base64 of 24 to 75 bytes, with or without whsec_',
  );

/** Milliseconds. */
export const instant = z.iso.datetime({ offset: true }).transform((given) => Date.parse(given));

/** `a,b` or the key given more than once; nothing in it = not given. */
export function csv(item: z.ZodType<string, string>) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((part) => part.split(',').filter(Boolean)))
    .pipe(z.array(item))
    .transform((items) => (items.length > 0 ? items : undefined));
}

export const flag = z.enum(['true', 'false']).transform((given) => given === 'true');

/** Any JSON, as parsed. */
export const json = z.unknown().meta({ description: 'Any JSON.' }) as z.ZodType<Json>;

export function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
