import { z } from 'zod';
import { isoInstant, keyed, pageOf, refuse, strict } from '../services/schemas/fields.js';
import type { Report } from './contract.js';

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
    .meta({ description: 'The same seed sends the same, under fresh ids.' }),
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
  decisive: z.boolean().meta({ description: 'Whether the verdict is about this exchange.' }),
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

export const checkStart = strict({
  subscriptionId: z
    .string()
    .regex(/^sub_[0-9a-f-]{36}$/, 'is no id of the form sub_<uuid>')
    .optional()
    .meta({ description: 'The consumer of this subscription; or `provider` and `url`.' }),
  provider: z.string().optional(),
  url: z.string().optional(),
  secret: z.string().optional().meta({ description: 'The one that the consumer knows.' }),
  headers: keyed(z.string()).optional(),
  settings: keyed(z.unknown()).optional(),
  presets: z.array(z.string()).max(20).optional(),
  environment: z.string().optional(),
  ...options,
})
  .superRefine((input, ctx) => {
    const { subscriptionId, provider, url, secret, headers, settings, presets, environment } = input;
    const named = [provider, url, secret, headers, settings, presets, environment];
    if (subscriptionId !== undefined && named.some((value) => value !== undefined))
      refuse(
        ctx,
        'invalid_request',
        'is all that names the consumer: leave provider, url and what goes with them out',
        ['subscriptionId'],
      );
    if (subscriptionId === undefined && (provider === undefined || url === undefined))
      refuse(ctx, 'invalid_request', 'is missing: give subscriptionId, or provider and url', ['provider']);
  })
  .meta({ id: 'CheckStart' });
export type CheckStart = z.output<typeof checkStart>;

export const checkReportSchema = z
  .object({
    provider: z.string(),
    target: z.string(),
    level,
    seed: z.string(),
    startedAt: isoInstant,
    durationMs: z.number(),
    passed: z.number(),
    failed: z.number(),
    skipped: z.number(),
    notApplicable: z.number(),
    notReached: z
      .number()
      .meta({ description: 'Of the skipped, those that the run ended before: it is no whole one.' }),
    checks: z.array(checkResult),
  })
  .meta({ id: 'CheckReport' });

export const checkRun = z
  .object({
    id: z.string(),
    status: z
      .enum(['running', 'finished', 'failed'])
      .meta({ description: '`failed`: it ended early by a fault of ours.' }),
    provider: z.string(),
    target: z.string(),
    subscriptionId: z.string().nullable().meta({ description: 'Null where a URL was named.' }),
    seed: z.string(),
    startedAt: isoInstant,
    finishedAt: isoInstant.nullable(),
    progress: z
      .object({ done: z.number(), of: z.number(), passed: z.number(), failed: z.number() })
      .meta({ description: 'So far; `failed` counts `should` as well as `must`.' }),
    report: checkReportSchema.nullable().meta({ description: 'Null while it runs, and in lists.' }),
  })
  .meta({ id: 'CheckRun' });

export const checkRunPage = pageOf(checkRun);

export const reportQuery = strict({
  format: z
    .enum(['json', 'junit', 'html'])
    .default('html')
    .meta({ description: 'html for people, junit for a build, json for programs.' }),
});

/** What a run looks like from outside. */
export interface CheckRun {
  id: string;
  status: 'running' | 'finished' | 'failed';
  provider: string;
  target: string;
  subscriptionId: string | null;
  seed: string;
  startedAt: string;
  finishedAt: string | null;
  progress: { done: number; of: number; passed: number; failed: number };
  report: Report | null;
}
