import { type MatchingSubscription, matchesFrom, matchingSubscriptions } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import type { Profile } from '../providers/contract.js';
import { readForPublishing } from '../store/publish-reading.js';
import type { ClockReading, Queryable } from '../store/tenant-clock.js';
import { bodySettings, bodySettingsFrom } from './body-settings.js';
import type { Context } from './context.js';
import { environmentOf } from './environments.js';
import type { PublishInput } from './schemas/publish.js';

/** Where events of one kind may go. */
export interface Scope {
  environment: string;
  application: string | null;
}

/** What of a tenant some events are made by; each thing is asked for once. */
export interface Reading {
  clock: ClockReading;
  /** Monotonic instant at which it was read, milliseconds. */
  readAtMs: number;
  /** @throws AppError `sealed_unreadable` */
  settings(profile: Profile): Promise<Record<string, unknown>>;
  matches(profile: Profile, scope: Scope): Promise<MatchingSubscription[]>;
}

/**
 * Reads at once what can be told from the inputs; the rest, such as the environment of an event for one subscription, when it
 * is asked for. @throws AppError `not_found` without such a tenant
 */
export async function readingFor(
  context: Context,
  client: Queryable,
  tenantId: string,
  inputs: readonly PublishInput[],
): Promise<Reading> {
  const wanted = new Map(inputs.flatMap((input) => scopeIn(context, input)));
  const scopes = [...wanted.values()];
  const found = await readForPublishing(client, tenantId, scopes);
  if (!found) throw new AppError('not_found', 'There is no such tenant.');
  const settings = new Map<string, () => Promise<Record<string, unknown>>>();
  const matches = new Map<string, () => Promise<MatchingSubscription[]>>();
  scopes.forEach((scope, i) => {
    const profile = context.registry.get(scope.provider);
    const { provider, matches: rows } = found.scopes[i]!;
    settings.set(
      profile.id,
      once(async () => bodySettingsFrom(context, { tenantId, profile }, provider)),
    );
    matches.set(
      keyOf(profile, scope),
      once(async () => matchesFrom(context, { ...scope, tenantId }, rows)),
    );
  });
  return {
    clock: found.clock,
    readAtMs: context.wall.monotonic(),
    settings: (profile) =>
      remembered(settings, profile.id, () => bodySettings(context, client, tenantId, profile)),
    matches: (profile, scope) =>
      remembered(matches, keyOf(profile, scope), () =>
        matchingSubscriptions(context, client, { ...scope, tenantId, provider: profile.id }),
      ),
  };
}

/** Empty where it must be looked up, or where there is none: whoever makes the event says why. */
function scopeIn(
  { registry }: Context,
  { provider, environment, application, subscriptionId }: PublishInput,
): [key: string, scope: Scope & { provider: string }][] {
  if (subscriptionId !== undefined) return [];
  try {
    const profile = registry.get(provider);
    const scope = {
      provider,
      environment: environmentOf(profile, environment),
      application: application ?? null,
    };
    return [[keyOf(profile, scope), scope]];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function keyOf({ id }: Profile, { environment, application }: Scope): string {
  return `${id} ${environment} ${JSON.stringify(application)}`;
}

function remembered<T>(
  known: Map<string, () => Promise<T>>,
  key: string,
  read: () => Promise<T>,
): Promise<T> {
  const kept = known.get(key) ?? once(read);
  known.set(key, kept);
  return kept();
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= work());
}
