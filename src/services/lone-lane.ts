import { accessOf } from '../engine/access/lane-access.js';
import type { EgressRules } from '../engine/egress/rules.js';
import type { LaneSnapshot } from '../engine/lane-snapshot.js';
import type { Random } from '../lib/random.js';
import type { Profile } from '../providers/contract.js';
import { environmentOf } from './environments.js';
import type { SubscriptionInput } from './schemas/subscriptions.js';
import { type Scoped, splitByScope } from './scopes.js';
import { firstSecret, judgeDraft, refuseExpiredCredentials } from './subscription-draft.js';

export interface LoneLaneInput {
  /** Presets and settings of either scope. */
  subscription: Pick<
    SubscriptionInput,
    'url' | 'secret' | 'headers' | 'presets' | 'settings' | 'environment'
  >;
  rules: EgressRules;
  random: Random;
  /** Real time: credentials that are over are refused. */
  nowMs: number;
}

/** A subscription that no database knows, complete for sending. */
export interface LoneLane {
  lane: LaneSnapshot;
  /** What shapes its bodies. */
  tenant: Scoped;
  /** `made`: here, because the provider needs one and none was given. */
  secret: { value: string; made: boolean } | null;
  /** What a person should know. */
  notices: string[];
}

/** Judged by the rules of a registration. @throws AppError */
export function loneLane(profile: Profile, { subscription, rules, random, nowMs }: LoneLaneInput): LoneLane {
  const { tenant, own } = splitByScope(profile, subscription.presets, subscription.settings);
  const environment = environmentOf(profile, subscription.environment);
  const { draft, notices } = judgeDraft(profile, rules, {
    url: subscription.url,
    environment,
    presets: own.presets,
    settings: own.explicit,
    events: null,
    headers: Object.entries(subscription.headers ?? {}),
    rateLimit: null,
    maxInFlight: 1,
    application: 'default',
    uid: null,
    channels: [],
    details: {},
  });
  refuseExpiredCredentials(profile, draft, nowMs);
  const secret = firstSecret(profile, subscription.secret, random);
  const lane: LaneSnapshot = {
    lane: 0,
    tenantId: 'none',
    subscriptionId: 'none',
    profile,
    url: draft.url,
    status: 'active',
    health: null,
    environment,
    application: 'default',
    uid: null,
    operational: null,
    policies: own.policies,
    settings: own.settings,
    customHeaders: draft.headers,
    access: accessOf(profile, own.settings),
    secrets: secret ? [{ value: secret.value, expiresAtMs: null }] : [],
    rateLimit: null,
    sharedLimit: null,
    sharedCaps: [],
    maxInFlight: 1,
    revision: 0,
    deleted: false,
    tenant: { clockMode: 'system', clockRate: 1, wire: 'wall' },
    faults: null,
    provedUntilMs: null,
  };
  return { lane, tenant, secret, notices };
}
