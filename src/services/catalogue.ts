import { z } from 'zod';
import { AppError } from '../errors.js';
import { seededRandom } from '../lib/random.js';
import type { Claim, Claimed, EventType, Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { Registry } from '../providers/registry.js';
import { retryDelays } from '../providers/retry/delays.js';
import type { Context } from './context.js';
import type { ProfileResource } from './schemas/catalogue.js';
import type { Page, PageOf } from './schemas/fields.js';

/** Examples are the same at every call: 2026-01-15T09:30:00Z. */
const EXAMPLE_NOW_MS = 1_768_469_400_000;

export interface CatalogueService {
  list(page: Page): PageOf<ProfileResource>;
  /** @param seed draws other examples, the same for the same seed. @throws AppError `unknown_provider` */
  read(provider: string, seed?: string): ProfileResource;
  /** Every profile, in the order of their ids. */
  profiles(): readonly Profile[];
}

export function catalogueService({ registry }: Pick<Context, 'registry'>): CatalogueService {
  const shown = new Map<string, ProfileResource>();
  const show = (profile: Profile) => {
    const known = shown.get(profile.id) ?? profileResource(profile);
    shown.set(profile.id, known);
    return known;
  };
  return {
    list: ({ limit, cursor }) => pageOfProfiles(registry, { limit, cursor }, show),
    read: (provider, seed) =>
      seed === undefined ? show(registry.get(provider)) : profileResource(registry.get(provider), seed),
    profiles: () => registry.list(),
  };
}

/** In the order of their ids; the cursor is the last id. */
function pageOfProfiles(
  registry: Registry,
  { limit, cursor }: Page,
  show: (profile: Profile) => ProfileResource,
): PageOf<ProfileResource> {
  const all = registry.list();
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8');
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0)
    throw new AppError(
      'invalid_cursor',
      'The cursor is not one of this list; pass nextCursor of the page before, unchanged.',
      [{ path: 'cursor', message: 'cannot be read' }],
    );
  const data = all.slice(start, start + limit);
  const more = start + limit < all.length;
  return {
    data: data.map(show),
    nextCursor: more ? Buffer.from(data.at(-1)!.id).toString('base64url') : null,
  };
}

function profileResource(profile: Profile, seed = ''): ProfileResource {
  const { settings } = effective(profile, 'tenant');
  return {
    id: profile.id,
    name: profile.name,
    summary: profile.summary,
    docs: profile.docs,
    environments: anyClaimed(profile.environments),
    events: profile.events.map((event) => eventResource(profile, event, { settings, seed })),
    test: anyClaimed(profile.test),
    eventId: anyClaimed(profile.eventId),
    secret: { ...claimOf(profile.secret), value: { use: profile.secret.value.use } },
    auth: anyClaimed(profile.auth),
    eventFilter: anyClaimed(profile.eventFilter),
    reservedHeaders: { ...claimOf(profile.reservedHeaders), value: [...profile.reservedHeaders.value] },
    onboarding: [...profile.onboarding],
    operational: profile.operational ? operationalResource(profile.operational) : null,
    policies: Object.fromEntries(
      Object.entries(profile.policies).map(([name, rule]) => [name, anyClaimed(rule)]),
    ),
    retryDelaysMs: retryDelays(profile.policies.retry.value),
    settings: {
      tenant: jsonSchema(profile.settings.tenant),
      subscription: jsonSchema(profile.settings.subscription),
    },
    settingClaims: Object.fromEntries(
      Object.entries(profile.settingClaims).map(([key, claim]) => [key, claimOf(claim)]),
    ),
    presets: profile.presets.map((preset) => ({
      ...claimOf(preset),
      name: preset.name,
      title: preset.title,
      scope: preset.scope,
      ...(preset.policies ? { policies: { ...preset.policies } } : {}),
      ...(preset.settings ? { settings: { ...preset.settings } } : {}),
    })),
    vectors: (profile.vectors ?? []).map(({ title, source, given, expected }) => ({
      title,
      source,
      given: { ...given },
      expected,
    })),
    lives: (profile.lives ?? []).map(({ kind, idAt, rules }) => ({
      kind,
      idAt: Object.fromEntries(Object.entries(idAt).map(([type, paths]) => [type, [...paths]])),
      rules: rules.map((rule) => ({ ...claimOf(rule), rule: rule.rule, types: [...rule.types] })),
    })),
    scenarios: (profile.scenarios ?? []).map((scenario) => ({
      ...claimOf(scenario),
      name: scenario.name,
      title: scenario.title,
    })),
    facts: profile.facts.map((fact) => ({ ...claimOf(fact), value: fact.value })),
  };
}

function operationalResource(
  rule: NonNullable<Profile['operational']>,
): NonNullable<ProfileResource['operational']> {
  const { events, failingAfter } = rule.value;
  return { ...claimOf(rule), value: { events: events.map((event) => ({ ...event })), failingAfter } };
}

function eventResource(
  profile: Profile,
  event: EventType,
  { settings, seed }: { settings: Readonly<Record<string, unknown>>; seed: string },
): ProfileResource['events'][number] {
  const variants: readonly (string | null)[] = event.variants ?? [null];
  // What a type offers only under other settings is shown under those.
  const shape = { ...settings, ...event.offeredWhen };
  return {
    type: event.type,
    variants: event.variants ? [...event.variants] : null,
    offeredWhen: event.offeredWhen ? { ...event.offeredWhen } : null,
    summary: event.summary,
    claim: claimOf(event.claim),
    bodyClaim: claimOf(event.bodyClaim),
    shapes: variants.map((variant) => ({
      variant,
      schema: jsonSchema(event.schema({ variant, settings: shape })),
      example: event.example({
        type: event.type,
        environment: profile.environments.value.offered[0],
        nowMs: EXAMPLE_NOW_MS,
        random: seededRandom(`${profile.id} ${event.type} ${variant}${seed}`),
        variant,
        settings: shape,
      }),
    })),
  };
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
}

function anyClaimed(claimed: Claimed<unknown>): Claim & { value: unknown } {
  return { value: claimed.value, ...claimOf(claimed) };
}

function claimOf(claim: Claim): Claim {
  switch (claim.claim) {
    case 'documented':
      return { claim: claim.claim, source: claim.source, quote: claim.quote };
    case 'external':
      return {
        claim: claim.claim,
        source: claim.source,
        ...(claim.why === undefined ? {} : { why: claim.why }),
      };
    case 'assumed':
      return { claim: claim.claim, source: claim.source, why: claim.why };
  }
}
