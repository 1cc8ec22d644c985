import { z } from 'zod';
import { pageOf, strict } from './fields.js';

const claim = {
  claim: z.enum(['documented', 'external', 'assumed']),
  source: z.string().nullable(),
  quote: z.string().optional(),
  why: z.string().optional(),
};
const claimed = <T extends z.ZodType>(value: T) => z.object({ value, ...claim });
const anyClaimed = claimed(z.unknown());

const eventType = z
  .object({
    type: z.string(),
    variants: z.array(z.string()).nullable(),
    offeredWhen: z.record(z.string(), z.unknown()).nullable(),
    summary: z.string(),
    claim: z.object(claim),
    bodyClaim: z.object(claim),
    shapes: z.array(
      z.object({
        variant: z.string().nullable(),
        schema: z
          .record(z.string(), z.unknown())
          .meta({ description: 'JSON Schema of the whole body, before encryption.' }),
        example: z.unknown(),
      }),
    ),
  })
  .meta({ id: 'EventType' });

const preset = z.object({
  name: z.string(),
  title: z.string(),
  scope: z.enum(['tenant', 'subscription']),
  policies: z.record(z.string(), z.unknown()).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  ...claim,
});

export const profile = z
  .object({
    id: z.string(),
    name: z.string(),
    summary: z.string(),
    docs: z.string(),
    environments: anyClaimed,
    events: z.array(eventType),
    test: anyClaimed,
    eventId: anyClaimed,
    secret: claimed(z.object({ use: z.enum(['required', 'optional', 'none']) })),
    auth: anyClaimed,
    eventFilter: anyClaimed,
    reservedHeaders: claimed(z.array(z.string())),
    onboarding: z.array(z.string()),
    operational: claimed(
      z.object({
        events: z.array(z.object({ type: z.string(), summary: z.string() })),
        failingAfter: z.number(),
      }),
    )
      .nullable()
      .meta({ description: 'What it tells about its own deliveries; null = nothing.' }),
    policies: z
      .record(z.string(), anyClaimed)
      .meta({ description: 'retry, success, timeout, health, https, …' }),
    retryDelaysMs: z.array(z.number()).meta({ description: 'The schedule as delays; see the anchor.' }),
    settings: z.object({
      tenant: z.record(z.string(), z.unknown()),
      subscription: z.record(z.string(), z.unknown()),
    }),
    settingClaims: z.record(z.string(), z.object(claim)),
    presets: z.array(preset),
    vectors: z.array(
      z.object({
        title: z.string(),
        source: z.string().nullable(),
        given: z.record(z.string(), z.string()),
        expected: z.string(),
      }),
    ),
    lives: z
      .array(
        z.object({
          kind: z.string(),
          idAt: z.record(z.string(), z.array(z.string())),
          rules: z.array(z.object({ rule: z.string(), types: z.array(z.string()), ...claim })),
        }),
      )
      .meta({ description: 'What events tell of, where its id lies, and what cannot follow what.' }),
    scenarios: z.array(z.object({ name: z.string(), title: z.string(), ...claim })),
    facts: z.array(claimed(z.string())),
  })
  .meta({ id: 'Provider' });
export type ProfileResource = z.output<typeof profile>;
export const profilePage = pageOf(profile);
export const providerQuery = strict({
  seed: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Draws other examples; the same seed draws the same.' }),
});
