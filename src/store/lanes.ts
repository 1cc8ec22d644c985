import type { FaultRow } from './faults.js';
import type { ClockMode, Queryable } from './tenant-clock.js';

/** The application of subscriptions that hear about the others: nothing a consumer is sent goes there. */
export const OPERATIONAL = 'operational';

/** A subscription as its row says, with what of its tenant decides how it is sent to. Nothing is opened here. */
export interface LaneRow {
  lane: number;
  tenant_id: string;
  id: string;
  provider: string;
  url: string;
  environment: string;
  application: string;
  uid: string | null;
  status: string;
  health: unknown;
  presets: string[];
  settings: Record<string, unknown>;
  sealed: Buffer | null;
  rate_limit: number | null;
  /** Of its application, all its subscriptions together. */
  shared_limit: number | null;
  max_in_flight: number;
  /** Of its tenant, and of its tenant at one origin; null = none. */
  tenant_cap: number | null;
  origin_cap: number | null;
  revision: number;
  deleted: boolean;
  /** Whether subscriptions that hear about others hear about this one. */
  heard: boolean;
  clock_mode: ClockMode;
  clock_rate: number;
  wire: 'wall' | 'virtual';
  /** Newest first; an id is time-ordered, a tenant's clock may stand still. */
  secrets: { sealed: string; expiresAtMs: number | null }[];
  /** Those that may strike it, oldest first; null = none. */
  faults: Pick<FaultRow, 'id' | 'eventId' | 'spec' | 'addedAtMs' | 'endsAtMs'>[] | null;
  /** Those of its tenant that ever proved to be its own; null = none. */
  targets: { origin: string; provedAtMs: number }[] | null;
}

/** An event's own only while a delivery of it is open here. */
const FAULTS = `(SELECT json_agg(json_build_object('id', f.id, 'eventId', f.event_id, 'spec', f.spec,
    'addedAtMs', extract(epoch FROM f.created_at) * 1000, 'endsAtMs', extract(epoch FROM f.expires_at) * 1000) ORDER BY f.id)
  FROM fault f WHERE f.tenant_id = s.tenant_id AND (f.subscription_id IS NULL OR f.subscription_id = s.id)
    AND (f.event_id IS NULL OR EXISTS (SELECT FROM open_delivery d WHERE d.tenant_id = f.tenant_id
      AND d.event_id = f.event_id AND d.subscription_id = s.id)))`;

export async function readLanes(client: Queryable, lanes: readonly number[]): Promise<LaneRow[]> {
  const { rows } = await client.query<LaneRow>(
    `SELECT s.lane, s.tenant_id, s.id, s.provider, s.url, s.environment, s.application, s.uid, s.status, s.health, s.presets,
       s.settings, s.sealed, s.rate_limit, l.rate_limit AS shared_limit, s.max_in_flight, s.revision, s.deleted_at IS NOT NULL AS deleted,
       s.application <> '${OPERATIONAL}' AND EXISTS (SELECT 1 FROM subscription o WHERE o.tenant_id = s.tenant_id
         AND o.provider = s.provider AND o.environment = s.environment AND o.application = '${OPERATIONAL}'
         AND o.deleted_at IS NULL) AS heard,
       t.max_in_flight AS tenant_cap, t.max_in_flight_per_origin AS origin_cap, t.clock_mode, t.clock_rate, t.wire,
       coalesce((SELECT json_agg(json_build_object('sealed', encode(x.sealed, 'base64'),
           'expiresAtMs', extract(epoch FROM x.expires_at) * 1000) ORDER BY x.id DESC)
         FROM subscription_secret x WHERE x.tenant_id = s.tenant_id AND x.subscription_id = s.id), '[]') AS secrets,
       ${FAULTS} AS faults,
       (SELECT json_agg(json_build_object('origin', x.origin, 'provedAtMs', extract(epoch FROM x.proved_at) * 1000))
         FROM fault_target x WHERE x.tenant_id = s.tenant_id) AS targets
     FROM subscription s JOIN tenant t ON t.id = s.tenant_id
     LEFT JOIN application_limit l ON l.tenant_id = s.tenant_id AND l.provider = s.provider AND l.application = s.application
     WHERE s.lane = ANY($1::int[])`,
    [lanes],
  );
  return rows;
}

/** Where an event may go. */
export interface MatchScope {
  tenantId: string;
  provider: string;
  environment: string;
  application: string | null;
}

/** What publish must know of a subscription to decide whether the event goes there. */
export interface MatchRow {
  id: string;
  lane: number;
  status: string;
  events: string[];
  all_events: boolean;
  presets: string[];
  settings: Record<string, unknown>;
  sealed: Buffer | null;
  channels: string[];
  revision: number;
}

/** Whether a subscription is there and of the application: null = of every one but `operational`, which gets what is published to it alone. */
export const takesPart = (subscription: string, application: string): string =>
  `${subscription}.deleted_at IS NULL AND CASE WHEN ${application}::text IS NULL THEN ${subscription}.application <> '${OPERATIONAL}'
     ELSE ${subscription}.application = ${application} END`;

/** In order of creation. */
export async function readMatches(
  client: Queryable,
  { tenantId, provider, environment, application }: MatchScope,
): Promise<MatchRow[]> {
  const { rows } = await client.query<MatchRow>(
    `SELECT id, lane, status, events, all_events, presets, settings, sealed, channels, revision FROM subscription s
     WHERE tenant_id = $1 AND provider = $2 AND environment = $3 AND ${takesPart('s', '$4')} ORDER BY id`,
    [tenantId, provider, environment, application],
  );
  return rows;
}

export interface SubscriptionHead {
  id: string;
  lane: number;
  provider: string;
  environment: string;
  application: string;
  status: string;
}

/** Enough of one subscription to act on it; null when the tenant has none of this id. */
export async function readSubscriptionHead(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<SubscriptionHead | null> {
  const { rows } = await client.query<SubscriptionHead>(
    `SELECT id, lane, provider, environment, application, status FROM subscription
     WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** Lanes of a tenant's subscriptions, in order of creation. */
export async function lanesOf(
  client: Queryable,
  tenantId: string,
  {
    subscriptionId,
    provider,
    limit,
  }: { subscriptionId: string | null; provider: string | null; limit: number },
): Promise<number[]> {
  const { rows } = await client.query<{ lane: number }>(
    `SELECT lane FROM subscription WHERE tenant_id = $1 AND deleted_at IS NULL
       AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR provider = $3) ORDER BY id LIMIT $4`,
    [tenantId, subscriptionId, provider, limit],
  );
  return rows.map(({ lane }) => lane);
}

/** A tenant's subscriptions whose URL begins so, and whether presets or settings change their requests. */
export async function lanesOfUrl(
  client: Queryable,
  tenantId: string,
  url: string,
): Promise<{ lane: number; changed: boolean }[]> {
  const { rows } = await client.query<{ lane: number; changed: boolean }>(
    `SELECT lane, cardinality(presets) > 0 OR settings <> '{}' AS changed FROM subscription
     WHERE tenant_id = $1 AND starts_with(url, $2) AND deleted_at IS NULL`,
    [tenantId, url],
  );
  return rows;
}

/** What shaped a subscription's requests, also of one that was deleted. */
export type SendingRow = Pick<LaneRow, 'id' | 'provider' | 'presets' | 'settings' | 'sealed' | 'revision'>;

export async function readSending(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<SendingRow | null> {
  const { rows } = await client.query<SendingRow>(
    'SELECT id, provider, presets, settings, sealed, revision FROM subscription WHERE tenant_id = $1 AND id = $2',
    [tenantId, id],
  );
  return rows[0] ?? null;
}
