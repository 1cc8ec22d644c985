import type { Queryable } from './tenant-clock.js';
import { claimUid } from './uids.js';

export interface SubscriptionRow {
  tenant_id: string;
  id: string;
  lane: number;
  provider: string;
  url: string;
  environment: string;
  status: string;
  health: { unhealthySince?: number; failingSince?: number } | null;
  events: string[];
  all_events: boolean;
  presets: string[];
  settings: Record<string, unknown>;
  sealed: Buffer | null;
  rate_limit: number | null;
  max_in_flight: number;
  application: string;
  uid: string | null;
  channels: string[];
  details: Record<string, unknown>;
  revision: number;
  created_at: Date;
  updated_at: Date;
}

/** The columns a caller decides. */
export type SubscriptionColumns = Pick<
  SubscriptionRow,
  | 'url'
  | 'environment'
  | 'status'
  | 'events'
  | 'all_events'
  | 'presets'
  | 'settings'
  | 'rate_limit'
  | 'max_in_flight'
  | 'application'
  | 'uid'
  | 'channels'
  | 'details'
> & { sealed: Uint8Array | null };

const COLUMNS = `tenant_id, id, lane, provider, url, environment, status, health, events, all_events, presets, settings, sealed,
  rate_limit, max_in_flight, application, uid, channels, details, revision, created_at, updated_at`;

export async function insertSubscription(
  client: Queryable,
  key: { tenantId: string; id: string; provider: string; nowMs: number },
  columns: SubscriptionColumns,
): Promise<SubscriptionRow> {
  const insert = client.query<SubscriptionRow>(
    `INSERT INTO subscription (tenant_id, id, provider, url, environment, status, events, all_events, presets, settings, sealed,
       rate_limit, max_in_flight, application, uid, channels, details, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $18) RETURNING ${COLUMNS}`,
    [key.tenantId, key.id, key.provider, ...decided(columns), new Date(key.nowMs)],
  );
  const { rows } = await claimUid('subscription_uid', columns.uid, () => insert);
  return rows[0]!;
}

/** Everything but `health`, which belongs to the attempts and is only ever cleared here. */
export async function updateSubscription(
  client: Queryable,
  key: { tenantId: string; id: string; nowMs: number; clearHealth: boolean },
  columns: SubscriptionColumns,
): Promise<SubscriptionRow> {
  const update = client.query<SubscriptionRow>(
    `UPDATE subscription SET url = $3, environment = $4, status = $5, events = $6, all_events = $7, presets = $8,
       settings = $9::jsonb, sealed = $10, rate_limit = $11, max_in_flight = $12, application = $13, uid = $14, channels = $15,
       details = $16::jsonb, updated_at = $17, health = CASE WHEN $18 THEN NULL ELSE health END, revision = revision + 1
     WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
    [key.tenantId, key.id, ...decided(columns), new Date(key.nowMs), key.clearHealth],
  );
  const { rows } = await claimUid('subscription_uid', columns.uid, () => update);
  return rows[0]!;
}

function decided(c: SubscriptionColumns): unknown[] {
  const settings = JSON.stringify(c.settings);
  return [
    c.url,
    c.environment,
    c.status,
    c.events,
    c.all_events,
    c.presets,
    settings,
    c.sealed,
    c.rate_limit,
    c.max_in_flight,
    c.application,
    c.uid,
    c.channels,
    JSON.stringify(c.details),
  ];
}

/** @param lock `update` keeps everybody else's hands off until the transaction ends. */
export async function findSubscription(
  client: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
  lock: 'none' | 'update' = 'none',
): Promise<SubscriptionRow | null> {
  const { rows } = await client.query<SubscriptionRow>(
    `SELECT ${COLUMNS} FROM subscription WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
     ${lock === 'update' ? 'FOR NO KEY UPDATE' : ''}`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

export interface SubscriptionFilter {
  /** These alone. */
  ids?: readonly string[] | undefined;
  provider?: string | undefined;
  application?: string | undefined;
  uid?: string | undefined;
  environment?: string | undefined;
  status?: string | undefined;
}

export interface SubscriptionListing extends SubscriptionFilter {
  /** Id of the last one seen. */
  before: string | null;
  limit: number;
  /** How many to leave out first. Default 0. */
  offset?: number;
  /** Default: newest first. */
  order?: 'ascending' | 'descending';
}

const FILTERED = `tenant_id = $1 AND deleted_at IS NULL
       AND ($2::text IS NULL OR provider = $2) AND ($3::text IS NULL OR environment = $3)
       AND ($4::text IS NULL OR status = $4) AND ($5::text IS NULL OR application = $5) AND ($6::text IS NULL OR uid = $6)
       AND ($7::uuid[] IS NULL OR id = ANY($7))`;

function filterValues(tenantId: string, wanted: SubscriptionFilter): unknown[] {
  const { provider, environment, status, application, uid, ids } = wanted;
  return [tenantId, ...[provider, environment, status, application, uid, ids].map((value) => value ?? null)];
}

export async function listSubscriptions(
  client: Queryable,
  tenantId: string,
  { before, limit, offset = 0, order = 'descending', ...wanted }: SubscriptionListing,
): Promise<SubscriptionRow[]> {
  const [past, sorted] = order === 'ascending' ? ['>', 'ASC'] : ['<', 'DESC'];
  const { rows } = await client.query<SubscriptionRow>(
    `SELECT ${COLUMNS} FROM subscription WHERE ${FILTERED} AND ($8::uuid IS NULL OR id ${past} $8)
     ORDER BY id ${sorted} LIMIT $9 OFFSET $10`,
    [...filterValues(tenantId, wanted), before, limit, offset],
  );
  return rows;
}

export async function countSubscriptions(
  client: Queryable,
  tenantId: string,
  wanted: SubscriptionFilter,
): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM subscription WHERE ${FILTERED}`,
    filterValues(tenantId, wanted),
  );
  return rows[0]!.n;
}

/** The row stays: attempts in flight and history still point to it. */
export async function markDeleted(
  client: Queryable,
  { tenantId, id, nowMs }: { tenantId: string; id: string; nowMs: number },
): Promise<void> {
  await client.query(
    `UPDATE subscription SET deleted_at = $3, updated_at = $3, revision = revision + 1 WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id, new Date(nowMs)],
  );
}

export async function bumpRevision(
  client: Queryable,
  { tenantId, id, nowMs }: { tenantId: string; id: string; nowMs: number },
): Promise<void> {
  await client.query(
    'UPDATE subscription SET revision = revision + 1, updated_at = $3 WHERE tenant_id = $1 AND id = $2',
    [tenantId, id, new Date(nowMs)],
  );
}

/** Whatever is sent to the provider's subscriptions from now on is sent by what they and their neighbours are now. */
export async function bumpRevisions(client: Queryable, tenantId: string, provider: string): Promise<void> {
  await client.query(
    `UPDATE subscription SET revision = revision + 1 WHERE tenant_id = $1 AND provider = $2 AND deleted_at IS NULL`,
    [tenantId, provider],
  );
}
