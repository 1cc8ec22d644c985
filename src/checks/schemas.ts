import { z } from 'zod';
import { strict } from '../services/schemas/fields.js';

const level = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const verdict = z.enum(['pass', 'fail', 'skip', 'not-applicable']);
const severity = z.enum(['must', 'should', 'info']);
const headers = z.array(z.array(z.string()));

const options = {
  only: z
    .array(z.string().min(1).max(20))
    .max(100)
    .optional()
    .meta({ description: 'Ids (SIG-05) or groups (SIG); all when left out.' }),
  level: level.optional().meta({
    description:
      '0 answers alone; 1 the state, by its effects probe; 2 our read API as well. Default: what can be seen.',
  }),
  seed: z
    .union([z.string().min(1).max(100), z.int()])
    .optional()
    .meta({ description: 'The same seed sends the same.' }),
  timeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .optional()
    .meta({ description: 'For each request; default: the provider’s.' }),
  retiredSecret: z.string().optional().meta({ description: 'Was the secret once and must be refused.' }),
  effects: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'Answers GET with the consumer’s business state, any JSON.' }),
};

export const checkOptions = strict(options);
export type CheckOptionsInput = z.input<typeof checkOptions>;

export const evidence = z.object({
  label: z.string(),
  atMs: z.number(),
  durationMs: z.number(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers,
    body: z.string(),
    bodyBytes: z.number(),
  }),
  signed: z.string().nullable().meta({ description: 'Exactly what the signature covers.' }),
  response: z.object({ status: z.number(), headers, body: z.string(), bodyBytes: z.number() }).nullable(),
  failure: z.string().nullable(),
});

export const checkResult = z
  .object({
    id: z.string(),
    title: z.string(),
    verdict,
    severity,
    reason: z.string(),
    cause: z.string().nullable(),
    evidence: z.array(evidence),
    reproduce: z.string(),
    source: z.string(),
  })
  .meta({ id: 'CheckResult' });
