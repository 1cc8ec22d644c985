import { createTokens } from '../engine/access/tokens.js';
import { attempt } from '../engine/attempt/attempt.js';
import type { Attempted } from '../engine/attempt/outcome.js';
import { maskHeaders } from '../engine/attempt/prepare.js';
import { createEgress } from '../engine/egress/egress.js';
import type { EgressRules } from '../engine/egress/rules.js';
import { asText } from '../lib/bytes.js';
import { isoMillis, wallClock } from '../lib/clock.js';
import { createIds, publicId } from '../lib/ids.js';
import type { Json } from '../lib/merge-patch.js';
import { type Random, seededRandom, systemRandom } from '../lib/random.js';
import { readVersion } from '../lib/version.js';
import type { BuildInput, HeaderList, Profile, WireSignature } from '../providers/contract.js';
import { findEvent } from '../providers/find-event.js';
import { loadRegistry } from '../providers/registry.js';
import { retryDelays } from '../providers/retry/delays.js';
import { asJson, eventBody } from '../services/event-body.js';
import { loneLane } from '../services/lone-lane.js';
import { parseInput } from '../services/schemas/parse.js';
import { type PublishInput, publishInput } from '../services/schemas/publish.js';
import { type SubscriptionInput, subscriptionInput } from '../services/schemas/subscriptions.js';
import { refusing } from './refusals.js';

/** An event and where it goes: what a publish and a subscription take, in one. Presets and settings of either scope. */
export type SendOnceInput = Omit<PublishInput, 'subscriptionId' | 'payloadText'> &
  Pick<SubscriptionInput, 'url' | 'secret' | 'headers' | 'presets' | 'settings'>;

export interface SendOnceOptions {
  /** What may be reached; default: this machine and public addresses. */
  egress?: { mode: 'local' | 'public'; allow: readonly string[]; ca: string | null };
  /** Makes ids, examples and secrets repeat themselves. */
  seed?: string | number;
  /** The instant that bodies and signed timestamps say, milliseconds since 1970; default: now. */
  atMs?: number;
  /** Provider folders beside our own. */
  providerFolders?: readonly (URL | string)[];
}

export interface Sent {
  ok: boolean;
  /** Null when it was delivered; else `status_503`, `timeout`, `refused`, … */
  reason: string | null;
  provider: string;
  type: string;
  variant: string | null;
  environment: string;
  eventId: string;
  providerEventId: string | null;
  /** How many attempts the provider's schedule has for a delivery; this was one. */
  scheduledAttempts: number;
  startedAt: string;
  durationMs: number;
  request: { method: 'POST'; url: string; headers: HeaderList; body: Uint8Array };
  response: {
    status: number;
    headers: HeaderList;
    body: string;
    bodyBytes: number;
    truncated: boolean;
  } | null;
  signature: WireSignature | null;
  /** The secret it was signed with, only when it was made here. */
  secret: string | null;
  /** What a person should know. */
  notices: string[];
}

/**
 * One event, one attempt, without a server and without a database: the steps a server's delivery takes, from the same code.
 * A delivery that fails is an answer. @throws AppError for what a publish or a subscription would refuse.
 */
export function sendOnce(input: SendOnceInput, options: SendOnceOptions = {}): Promise<Sent> {
  return refusing(() => attemptOnce(input, options));
}

async function attemptOnce(input: SendOnceInput, options: SendOnceOptions): Promise<Sent> {
  const { url, secret, headers, presets, settings, ...event } = input;
  const publish = parseInput(publishInput, event);
  const subscription = parseInput(subscriptionInput, {
    provider: publish.provider,
    url,
    secret,
    headers,
    presets,
    settings,
  });
  const registry = await loadRegistry(options.providerFolders);
  const profile = registry.get(publish.provider);
  const random = options.seed === undefined ? systemRandom() : seededRandom(options.seed);
  const rules = { mode: 'local', allow: [], ca: null, ...options.egress, ownPorts: () => [] } as const;
  const clock = options.atMs === undefined ? wallClock : { ...wallClock, now: () => options.atMs! };
  const ids = createIds(clock.now, random);
  const prepared = prepareOnce(profile, { publish, subscription, rules, random, nowMs: clock.now() });
  const eventId = ids.next();
  const delivery = {
    tenantId: 'none',
    id: ids.next(),
    eventId,
    lane: 0,
    trigger: 'manual',
    ownClock: false,
    tries: 0,
    claims: 1,
    dueAtMs: clock.now(),
    createdAtMs: clock.now(),
    revision: 0,
    token: 0,
    event: { type: publish.type, ...prepared.built, createdAtMs: clock.now() },
    databaseNowMs: clock.now(),
  } as const;
  const egress = createEgress(rules);
  try {
    const tokens = createTokens(egress, clock.monotonic);
    const tools = { egress, tokens, clock, ids, random, version: readVersion() };
    const attempted = await attempt(delivery, prepared.lane, { startedMs: clock.now(), tools });
    return { ...prepared.shown, eventId: publicId('evt', eventId), ...resultOf(attempted) };
  } finally {
    await egress.close();
  }
}

interface Once {
  publish: PublishInput;
  subscription: SubscriptionInput;
  rules: EgressRules;
  random: Random;
  nowMs: number;
}

/** Everything that is judged and built before a packet leaves, by the rules of publishing and subscribing. */
function prepareOnce(profile: Profile, { publish, subscription, rules, random, nowMs }: Once) {
  const lone = { subscription: { ...subscription, environment: publish.environment }, rules, random };
  const { lane, tenant, secret, notices } = loneLane(profile, { ...lone, nowMs: wallClock.now() });
  const { event, variant } = findEvent(profile.events, { ...publish, settings: tenant.settings });
  const build: BuildInput = {
    type: event.type,
    variant,
    environment: lane.environment,
    settings: tenant.settings,
    nowMs,
    random,
    ...(publish.data === undefined ? {} : { data: publish.data as Json }),
    ...(publish.eventId === undefined ? {} : { eventId: publish.eventId }),
  };
  const built = eventBody(profile, publish, build);
  const notice = profile.notice?.(build, () => built.json ?? asJson(built.body)) ?? null;
  return {
    lane,
    built,
    shown: {
      provider: profile.id,
      type: event.type,
      variant,
      environment: lane.environment,
      providerEventId: built.providerEventId,
      scheduledAttempts: retryDelays(lane.policies.retry).length + 1,
      secret: secret?.made ? secret.value : null,
      notices: notice === null ? notices : [...notices, notice],
    },
  };
}

function resultOf({ lane, wire, result, verdict, wallStartedMs }: Attempted) {
  const answered = result?.kind === 'answered' ? result : null;
  return {
    ok: verdict.ok,
    reason: verdict.reason,
    startedAt: isoMillis(wallStartedMs),
    durationMs: Math.round(result?.timing.durationMs ?? 0),
    request: {
      method: 'POST' as const,
      url: lane.url,
      headers: wire ? maskHeaders(wire.headers, wire.secretHeaders) : [],
      body: wire?.body ?? new Uint8Array(),
    },
    response: answered && {
      status: answered.status,
      headers: answered.headers,
      body: asText(answered.body),
      bodyBytes: answered.bodyBytes,
      truncated: answered.truncated,
    },
    signature: wire?.signature ?? null,
  };
}
