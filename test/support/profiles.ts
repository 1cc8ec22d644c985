import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { utf8 } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { seededRandom } from '../../src/lib/random.js';
import type { BuildInput, Profile, RequestInput } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import { findEvent, isOffered } from '../../src/providers/find-event.js';
import { loadRegistry } from '../../src/providers/registry.js';

/** 2026-01-31T08:00:00.000Z */
export const NOW_MS = 1_769_846_400_000;

const FIXTURES = fileURLToPath(new URL('../fixtures/providers/', import.meta.url));

/** The shipped providers, and whatever folders lie under `test/fixtures/providers`. */
export function loadAll() {
  const names = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
  return loadRegistry(names.map((name) => `${FIXTURES}${name}`));
}

export interface Wanted {
  presets?: readonly string[];
  settings?: Readonly<Record<string, Json>>;
}

export interface BuildWanted extends Wanted {
  variant?: string | null;
  data?: Json;
  eventId?: string;
  seed?: string | number;
}

/** A publish of `type`; tenant settings that only offer the type under a value of their own are set to it. */
export function buildInput(profile: Profile, type: string, wanted: BuildWanted = {}): BuildInput {
  const { event } = findEvent(profile.events, { type });
  const base = effective(profile, 'tenant', wanted.presets, wanted.settings).settings;
  const settings = isOffered(event, base)
    ? base
    : effective(profile, 'tenant', wanted.presets, { ...event.offeredWhen, ...wanted.settings }).settings;
  const { variant } = findEvent(profile.events, { type, variant: wanted.variant, settings });
  return {
    type,
    variant,
    settings,
    environment: profile.environments.value.offered[0],
    nowMs: NOW_MS,
    random: seededRandom(wanted.seed ?? 'build'),
    ...(wanted.data === undefined ? {} : { data: wanted.data }),
    ...(wanted.eventId === undefined ? {} : { eventId: wanted.eventId }),
  };
}

export interface RequestWanted extends Wanted, Partial<Omit<RequestInput, 'settings' | 'policies'>> {
  seed?: string | number;
}

/** An attempt of the first event, one minute after publishing, with a secret of the provider's making. */
export function requestInput(profile: Profile, wanted: RequestWanted = {}): RequestInput {
  const { presets, settings, seed, ...given } = wanted;
  const inEffect = effective(profile, 'subscription', presets, settings);
  const type = given.type ?? profile.events[0]!.type;
  const built = given.body ? null : profile.build(buildInput(profile, type));
  const { secret } = profile;
  return {
    type,
    body: built?.body ?? utf8('{}'),
    providerEventId: built?.providerEventId ?? null,
    deliveryId: '019c13f0-0000-7000-8000-000000000001',
    attempt: 1,
    timestampMs: NOW_MS + 60_000,
    eventTimestampMs: NOW_MS,
    secrets: secret.value.use === 'none' ? [] : [secret.value.make(seededRandom('secret'))],
    customHeaders: [],
    version: '0.0.0',
    random: seededRandom(seed ?? 'request'),
    ...given,
    ...inEffect,
  };
}
