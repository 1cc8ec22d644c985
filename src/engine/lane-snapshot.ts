import type { Log } from '../lib/log.js';
import type { Sealer } from '../lib/sealing.js';
import type { PolicyValues, Profile } from '../providers/contract.js';
import type { OperationalRule } from '../providers/operational.js';
import type { Registry } from '../providers/registry.js';
import type { Database } from '../store/database.js';
import { PROOF_HOLDS_MS } from '../store/fault-targets.js';
import type { HealthMemory } from '../store/health.js';
import {
  type LaneRow,
  type MatchRow,
  type MatchScope,
  readLanes,
  readMatches,
  readSending,
} from '../store/lanes.js';
import type { ClockMode, Queryable } from '../store/tenant-clock.js';
import type { LaneAccess } from './access/lane-access.js';
import { type ActiveFault, activeFault } from './faults/active.js';
import { inClear, reasonOf, resolveOrClear, resolveSettings } from './resolve-settings.js';
import { placeOf } from './sealed-settings.js';
import type { SharedCap } from './shared-caps.js';

export interface LaneSources {
  db: Database;
  registry: Registry;
  sealer: Sealer;
  log: Log;
}

/** Everything a dispatcher must know of a subscription to send to it, as of `revision`. */
export interface LaneSnapshot {
  lane: number;
  tenantId: string;
  subscriptionId: string;
  profile: Profile;
  url: string;
  status: string;
  health: HealthMemory | null;
  environment: string;
  application: string;
  uid: string | null;
  /** What is told about its deliveries, where somebody hears it; else null. */
  operational: OperationalRule | null;
  policies: PolicyValues;
  settings: Readonly<Record<string, unknown>>;
  customHeaders: readonly (readonly [string, string])[];
  /** What its requests need beyond headers; null = nothing. */
  access: LaneAccess | null;
  /** Newest first; `expiresAtMs` is tenant time, null = current. */
  secrets: readonly { value: string; expiresAtMs: number | null }[];
  rateLimit: number | null;
  /** What it shares with the rest of its application; lanes of one key share one count. */
  sharedLimit: { key: string; rate: number } | null;
  maxInFlight: number;
  /** What it shares with the rest of its tenant, where that was set. */
  sharedCaps: readonly SharedCap[];
  revision: number;
  deleted: boolean;
  tenant: { clockMode: ClockMode; clockRate: number; wire: 'wall' | 'virtual' };
  /** What may strike its attempts; null = nothing, as for most. */
  faults: readonly ActiveFault[] | null;
  /** Real time until which its target is taken to belong to the tenant, milliseconds; null = it never proved it. */
  provedUntilMs: number | null;
  /** Why nothing can be prepared for it: its secrets or settings cannot be opened, and the profile's own stand here. */
  unreadable?: string;
}

/**
 * Lanes that do not exist any more are left out; so is, with a word in the log, one whose provider is not known here. One whose
 * secrets cannot be opened comes without them, as `unreadable`: its deliveries must come to a visible end.
 */
export async function loadLaneSnapshots(
  sources: LaneSources,
  lanes: readonly number[],
): Promise<LaneSnapshot[]> {
  const rows = await readLanes(sources.db.pool, lanes);
  return rows.flatMap((row) => {
    try {
      return [snapshotOf(sources, row)];
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      sources.log.error('a subscription cannot be read and is left alone', {
        tenant: row.tenant_id,
        subscription: row.id,
        why,
      });
      return [];
    }
  });
}

export interface MatchingSubscription {
  id: string;
  lane: number;
  status: string;
  /** Null = all. */
  events: readonly string[] | null;
  settings: Readonly<Record<string, unknown>>;
  policies: PolicyValues;
  /** Empty = no filter. */
  channels: readonly string[];
  revision: number;
  /** Why nothing can be sent to it; absent: it can. */
  unreadable?: string;
}

/** The subscriptions of one provider, environment and application, in order of creation; whether they want the event is the profile's. */
export async function matchingSubscriptions(
  sources: Pick<LaneSources, 'registry' | 'sealer'>,
  client: Queryable,
  scope: MatchScope,
): Promise<MatchingSubscription[]> {
  return matchesFrom(sources, scope, await readMatches(client, scope));
}

/** The same of rows that were read already. */
export function matchesFrom(
  { registry, sealer }: Pick<LaneSources, 'registry' | 'sealer'>,
  { tenantId, provider }: Pick<MatchScope, 'tenantId' | 'provider'>,
  rows: readonly MatchRow[],
): MatchingSubscription[] {
  const profile = registry.get(provider);
  return rows.map((row) => {
    const own = resolveOrClear(sealer, profile, { ...row, tenant_id: tenantId });
    const { settings, policies, unreadable } = own;
    return {
      ...(unreadable === undefined ? {} : { unreadable }),
      id: row.id,
      lane: row.lane,
      status: row.status,
      events: row.all_events ? null : row.events,
      settings,
      policies,
      channels: row.channels,
      revision: row.revision,
    };
  });
}

/** What holds for a subscription, also one that was deleted; null when its row is gone. */
export async function sendingPolicies(
  { db, registry, sealer }: Pick<LaneSources, 'db' | 'registry' | 'sealer'>,
  tenantId: string,
  subscriptionId: string,
): Promise<{ profile: Profile; presets: string[]; policies: PolicyValues } | null> {
  const row = await readSending(db.pool, tenantId, subscriptionId);
  if (!row) return null;
  const profile = registry.get(row.provider);
  const { policies } = resolveOrClear(sealer, profile, { ...row, tenant_id: tenantId });
  return { profile, presets: row.presets, policies };
}

/** Settings after presets, parsed, of a subscription that may be deleted; null when its row is gone. */
export async function sendingSettings(
  { db, registry, sealer }: Pick<LaneSources, 'db' | 'registry' | 'sealer'>,
  tenantId: string,
  subscriptionId: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  const row = await readSending(db.pool, tenantId, subscriptionId);
  if (!row) return null;
  return resolveOrClear(sealer, registry.get(row.provider), { ...row, tenant_id: tenantId }).settings;
}

function snapshotOf({ registry, sealer, log }: LaneSources, row: LaneRow): LaneSnapshot {
  const profile = registry.get(row.provider);
  const base = baseOf(profile, row);
  try {
    const place = placeOf.secret(row.tenant_id, row.id);
    const secrets = row.secrets.map(({ sealed, expiresAtMs }) => ({
      value: sealer.open(Buffer.from(sealed, 'base64'), place),
      expiresAtMs,
    }));
    return { ...base, ...resolveSettings(sealer, profile, row), secrets };
  } catch (error) {
    const unreadable = reasonOf(error);
    log.error('the secrets or settings of a subscription cannot be read', {
      tenant: row.tenant_id,
      subscription: row.id,
      why: unreadable,
    });
    return { ...base, ...inClear(profile, row), secrets: [], unreadable };
  }
}

function baseOf(
  profile: Profile,
  row: LaneRow,
): Omit<LaneSnapshot, 'policies' | 'settings' | 'customHeaders' | 'access' | 'secrets'> {
  return {
    lane: row.lane,
    tenantId: row.tenant_id,
    subscriptionId: row.id,
    profile,
    url: row.url,
    status: row.status,
    health: row.health as HealthMemory | null,
    environment: row.environment,
    application: row.application,
    uid: row.uid,
    operational: row.heard ? (profile.operational?.value ?? null) : null,
    rateLimit: row.rate_limit,
    sharedLimit: row.shared_limit === null ? null : { key: applicationKey(row), rate: row.shared_limit },
    maxInFlight: row.max_in_flight,
    sharedCaps: sharedCapsOf(row),
    revision: row.revision,
    deleted: row.deleted,
    tenant: { clockMode: row.clock_mode, clockRate: row.clock_rate, wire: row.wire },
    faults: row.faults === null ? null : row.faults.map(activeFault),
    provedUntilMs: row.targets && provedUntil(row),
  };
}

function provedUntil({ url, targets }: LaneRow): number | null {
  const origin = URL.canParse(url) ? new URL(url).origin : null;
  const target = targets?.find((proved) => proved.origin === origin);
  return target ? target.provedAtMs + PROOF_HOLDS_MS : null;
}

function sharedCapsOf({ tenant_id, url, tenant_cap, origin_cap }: LaneRow): SharedCap[] {
  const caps: SharedCap[] = [];
  if (tenant_cap !== null) caps.push({ key: tenant_id, cap: tenant_cap });
  if (origin_cap !== null) caps.push({ key: `${tenant_id} ${new URL(url).origin}`, cap: origin_cap });
  return caps;
}

function applicationKey({ tenant_id, provider, application }: LaneRow): string {
  return JSON.stringify([tenant_id, provider, application]);
}
