import { z } from 'zod';
import { duration, instant, isoInstant, refuse, strict } from './fields.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What somebody received of an attempt; what is left out is as it was sent. */
export const verifyInput = strict({
  headers: z
    .array(z.tuple([z.string().max(1_000), z.string().max(10_000)]))
    .max(200)
    .optional()
    .meta({ description: 'As received, in order.' }),
  body: z.string().optional().meta({ description: 'As received: its UTF-8 bytes.' }),
  bodyBase64: z.string().regex(BASE64, 'must be base64, padded').optional(),
  secret: z
    .string()
    .max(10_000)
    .optional()
    .meta({ description: 'What the receiver verifies with; else all that sign here.' }),
  tolerance: duration
    .nullable()
    .optional()
    .meta({ description: 'Age that a signed timestamp may have; null: any; 5m when left out.' }),
  at: instant.optional().meta({ description: 'When it is judged; when it was sent, if left out.' }),
}).superRefine((input, ctx) => {
  if (input.body !== undefined && input.bodyBase64 !== undefined)
    refuse(ctx, 'invalid_request', 'Only one of body, bodyBase64 can be given', ['bodyBase64']);
});
export type VerifyInput = z.output<typeof verifyInput>;

export const explained = z
  .object({
    provider: z.string(),
    verdict: z.enum(['valid', 'invalid', 'unproved']),
    scheme: z.string().nullable(),
    header: z
      .object({ name: z.string(), received: z.string().nullable(), expected: z.array(z.string()) })
      .nullable(),
    signed: z.object({ before: z.string(), bodyBytes: z.number().int(), bodySha256: z.string() }).nullable(),
    keys: z.array(z.object({ how: z.string(), bytes: z.number().int() })),
    firstDifference: z
      .object({
        in: z.enum(['body', 'header']),
        at: z.number().int(),
        found: z.string().nullable(),
        wanted: z.string().nullable(),
        around: z.string(),
      })
      .nullable(),
    timestamp: z
      .object({
        header: z.string(),
        value: z.string(),
        at: isoInstant.nullable(),
        ageMs: z.number().nullable(),
      })
      .nullable(),
    causes: z.array(z.object({ code: z.string(), text: z.string() })),
    verifier: z.string().nullable().meta({
      description: 'JavaScript that a consumer verifies with; null where nothing proves a request.',
    }),
  })
  .meta({ id: 'Explained' });

export const plan = z
  .object({
    provider: z.string(),
    presets: z.array(z.string()),
    anchor: z
      .enum(['previousEnd', 'previousStart', 'first'])
      .meta({ description: 'What a delay counts from.' }),
    jitter: z.number().meta({ description: 'Share of a delay that is spread at random, ±.' }),
    claim: z.enum(['documented', 'external', 'assumed']),
    source: z.string().nullable(),
    steps: z.array(
      z.object({
        number: z.number().int(),
        gapMs: z.number().meta({ description: 'Since the attempt before, without jitter.' }),
        afterMs: z.number().meta({ description: 'Since the first attempt, when every one is on time.' }),
        earliestMs: z.number(),
        latestMs: z.number(),
      }),
    ),
  })
  .meta({ id: 'Plan' });
export type PlanResource = z.output<typeof plan>;
