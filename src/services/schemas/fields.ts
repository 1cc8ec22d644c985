import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import { durationRefusal, parseDuration } from '../../lib/duration.js';
import { type IdPrefix, parsePublicId } from '../../lib/ids.js';

/** Lists answer at most this many entries at once. */
export const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A strict object whose refusal of an unknown key lists the keys that exist. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  const list = known.length > 0 ? `there are: ${known.join(', ')}` : 'there are none';
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `Unknown key; ${list}` : undefined),
  });
}

/** An object with keys of the caller's choice. zod leaves `__proto__` out without a word, so it is refused before. */
export function keyed<Value extends z.ZodType>(value: Value) {
  return z.preprocess(
    (given, ctx) => {
      if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
        refuse(ctx, 'invalid_request', 'Unknown key', ['__proto__']);
      return given;
    },
    z.record(z.string(), value),
  );
}

/** Makes a transform's refusal carry its own code of the catalogue instead of `invalid_request`. */
export function refuse(
  ctx: z.RefinementCtx,
  code: ErrorCode,
  message: string,
  path: (string | number)[] = [],
): void {
  ctx.addIssue({ code: 'custom', message, params: { code }, path });
}

/** `"90s"`, `"5m"`, `"3d"` or ISO 8601, as milliseconds. */
export const duration = z
  .string()
  .meta({ description: 'A duration: 90s, 5m, 1h30m, 3d, or ISO 8601 such as PT1H30M.', example: '90s' })
  .transform((text, ctx) => {
    const ms = parseDuration(text);
    if (ms !== null) return ms;
    refuse(ctx, 'invalid_duration', durationRefusal(text, '90s, 5m, 1h30m, 3d or ISO 8601 (PT1H30M)'));
    return z.NEVER;
  });

/** An ISO 8601 instant with its zone, as milliseconds since 1970. */
export const instant = z
  .string()
  .meta({ description: 'An instant in ISO 8601 with its zone.', example: '2026-01-31T08:00:00.000Z' })
  .transform((text, ctx) => {
    const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    refuse(
      ctx,
      'invalid_instant',
      `"${text.slice(0, 50)}" is no instant; write 2026-01-31T08:00:00Z, with the zone`,
    );
    return z.NEVER;
  });

/** A public id inside a request, as the UUID in it. Its form is judged here, its existence by the service. */
export function idOf(prefix: IdPrefix) {
  return z
    .string()
    .meta({ description: `An id: ${prefix}_ and a UUID.` })
    .transform((text, ctx) => {
      const uuid = parsePublicId(prefix, text);
      if (uuid !== null) return uuid;
      refuse(ctx, 'invalid_request', `"${text.slice(0, 50)}" is no id of the form ${prefix}_<uuid>`);
      return z.NEVER;
    });
}

/** `a,b` of a closed set. */
export function listOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z
    .string()
    .meta({ description: `One or more, comma between: ${names.join(', ')}.` })
    .transform((text, ctx) => {
      const wanted = text.split(',');
      const unknown = wanted.find((name) => !names.includes(name));
      if (unknown === undefined) return wanted as Names[number][];
      refuse(ctx, 'invalid_request', `Unknown "${unknown.slice(0, 50)}"; there are: ${names.join(', ')}`);
      return z.NEVER;
    });
}

const pageShape = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(200).optional().meta({ description: '`nextCursor` of the page before.' }),
};

/** The query of a list: its own filters, `limit` and `cursor`. */
export function pageQuery<Shape extends z.ZodRawShape>(filters: Shape) {
  return strict({ ...filters, ...pageShape });
}

export interface Page {
  limit: number;
  cursor?: string | undefined;
}

export interface PageOf<T> {
  data: T[];
  nextCursor: string | null;
}

export function pageOf<T extends z.ZodType>(entry: T) {
  return z.object({ data: z.array(entry), nextCursor: z.string().nullable() });
}

export const isoInstant = z.string().meta({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' });

export const nothing = strict({}).meta({ description: 'Nothing.' });

/** Any JSON, as parsed. Not walked here: its depth is bounded where the text is read. */
export const json = z.unknown().meta({ description: 'Any JSON.' });
