import { z } from 'zod';
import { findFault } from './catalogue.js';
import type { Fault, Params } from './fault.js';
import { duration } from './params.js';

/** Which attempts a fault is for; `*` stands for anything. */
const match = z.strictObject({
  event: z.string().min(1).max(200).optional().meta({ description: 'Event types: `order:*`.' }),
  endpoint: z.string().min(1).max(2_048).optional().meta({ description: 'URLs: `http://localhost:3000/*`.' }),
  tenant: z.string().optional().meta({ description: 'This tenant; any other is refused.' }),
});

/** When a fault strikes: the same for all of them. */
const envelope = {
  probability: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: 'Of striking at its turn, drawn by the seed; default 1.' }),
  first: z.number().int().min(1).optional().meta({ description: 'Only at its first so many turns.' }),
  every: z.number().int().min(1).optional().meta({ description: 'Only at every so-manieth turn.' }),
  on: z
    .array(z.number().int().min(1).max(1_000))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only on these attempts of a delivery, from 1.' }),
  match: match.optional(),
  seed: z
    .union([z.string().min(1).max(100), z.number()])
    .transform(String)
    .optional()
    .meta({ description: 'Makes its draws repeat themselves.' }),
  ttl: duration(1).optional().meta({ description: 'Tenant time after which it is over.' }),
};

/** The same, as it is written. */
export type Envelope = z.input<z.ZodObject<typeof envelope>>;

/**
 * What may be asked of a fault of this type, in requests and in the table: read once more, it is the same.
 * @param more what a request says beside.
 */
export function specOf(fault: Fault, more: z.ZodRawShape = {}) {
  return z
    .strictObject({ type: z.literal(fault.type), ...envelope, ...more, ...fault.params })
    .refine(({ first, every, on }) => [first, every, on].filter((given) => given !== undefined).length <= 1, {
      message: 'only one of first, every and on can be given',
    })
    .meta({ description: `${fault.class}: ${fault.summary}` });
}

/** When and how a fault strikes, read. */
export interface Spec {
  fault: Fault;
  params: Params<Fault['params']>;
  probability: number;
  first: number | null;
  every: number | null;
  on: readonly number[] | null;
  match: { event?: string | undefined; endpoint?: string | undefined; tenant?: string | undefined };
  seed: string | null;
  ttlMs: number | null;
}

/** @throws AppError `unknown_fault`, ZodError */
export function readSpec(given: Readonly<Record<string, unknown>>): Spec {
  const fault = findFault(String(given.type));
  const parsed = specOf(fault).parse(given);
  const { type: _, ttl = null, seed = null, ...rest } = parsed;
  const { probability = 1, first = null, every = null, on = null, match: wanted = {}, ...params } = rest;
  return { fault, params, probability, first, every, on, match: wanted, seed, ttlMs: ttl };
}
