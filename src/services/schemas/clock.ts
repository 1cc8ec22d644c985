import { z } from 'zod';
import { duration, instant, isoInstant, refuse, strict } from './fields.js';

const STEPS = ['by', 'to', 'toNext', 'untilIdle'] as const;

/** `now` in milliseconds of tenant time. */
export const clockInput = strict({
  mode: z.enum(['system', 'scaled', 'manual']),
  rate: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .meta({ description: 'Tenant seconds per real second.' }),
  now: instant.optional(),
  wire: z.enum(['wall', 'virtual']).optional(),
}).superRefine((input, ctx) => {
  if (input.mode === 'scaled' && input.rate === undefined)
    refuse(ctx, 'invalid_request', 'a scaled clock needs its rate', ['rate']);
  if (input.mode !== 'scaled' && input.rate !== undefined)
    refuse(ctx, 'invalid_request', 'only a scaled clock has a rate', ['rate']);
  if (input.mode === 'system' && input.now !== undefined)
    refuse(ctx, 'invalid_request', 'the system clock is read, not set', ['now']);
});
export type ClockInput = z.output<typeof clockInput>;

/** Exactly one of `by` (milliseconds), `to` (milliseconds since 1970), `toNext`, `untilIdle`; `wait` in milliseconds. */
export const advanceInput = strict({
  by: duration.optional(),
  to: instant.optional(),
  toNext: z.literal(true).optional(),
  untilIdle: z.literal(true).optional(),
  wait: duration.optional().meta({ description: 'How long the answer may take, real time; 60s.' }),
}).superRefine((input, ctx) => {
  const given = STEPS.filter((step) => input[step] !== undefined);
  if (given.length !== 1) refuse(ctx, 'invalid_request', `needs exactly one of ${STEPS.join(', ')}`);
});
export type AdvanceInput = z.output<typeof advanceInput>;

export const clockAnswer = z
  .object({
    mode: z.enum(['system', 'scaled', 'manual']),
    now: isoInstant,
    rate: z.number(),
    wire: z.enum(['wall', 'virtual']),
    nextDueAt: isoInstant.nullable(),
    running: z.boolean(),
    shiftedMs: z
      .number()
      .optional()
      .meta({ description: 'How far due instants moved, on the way back to system.' }),
  })
  .meta({ id: 'Clock' });

export const advanceAnswer = z
  .object({
    from: isoInstant,
    to: isoInstant,
    attempts: z.number().int().meta({
      description:
        'Since the clock last moved or was set: what a publish sent before this advance counts, however fast it was.',
    }),
    delivered: z.number().int(),
    failed: z.number().int().meta({ description: 'For good.' }),
    pending: z.number().int(),
  })
  .meta({ id: 'Advance' });

export const runAnswer = z.object({ runId: z.string() });
