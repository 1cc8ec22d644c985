import type { ClockReading, Queryable } from './tenant-clock.js';

export interface NewEvent {
  id: string;
  provider: string;
  type: string;
  variant: string | null;
  environment: string;
  providerEventId: string | null;
  /** Made for one subscription alone: no other one missed it. */
  direct: boolean;
  body: Uint8Array;
  /** What it tells of; null where that is nothing that lives. */
  subject: string | null;
  /** Null = for the subscriptions of every application. */
  application: string | null;
  channels: readonly string[];
  uid: string | null;
  /** JSON text, or null. */
  details: string | null;
}

export interface NewDelivery {
  id: string;
  eventId: string;
  subscriptionId: string;
  lane: number;
  trigger: number;
  /** `ready` goes out now; `held` waits for resume; `cancelled` is finished before it began. */
  fate: 'ready' | 'held' | 'cancelled';
  /** Why it is cancelled; null unless it is. */
  reason: string | null;
  /** The subscription's revision when its fate was decided. */
  revision: number;
  /** How long a ready one waits for its first attempt, milliseconds of tenant time; 0 = not at all. */
  afterMs: number;
  /** Whether it was stored under a lease of this process, which sends it. */
  inHand?: boolean;
}

export interface Publication {
  tenantId: string;
  /** The clock as it was read when the bodies were made. */
  clock: ClockReading;
  events: readonly NewEvent[];
  deliveries: readonly NewDelivery[];
  /** Ready deliveries that are claimed with their storing; absent: none. */
  hand?: { token: number; seconds: number; ids: ReadonlySet<string> };
}

export interface Written {
  /** False when the clock or a stopped subscription moved meanwhile, or the tenant is gone: nothing was written then. */
  isStored: boolean;
  /** Those of `hand` that are under its lease; the others are ready for whoever claims them. */
  leased: ReadonlySet<string>;
}

/**
 * The outbox: events and their deliveries in ONE statement however many there are, and only while the tenant's clock is
 * still the one the bodies were made by; the row lock keeps it so until this commits. A transaction around two inserts
 * would be four round trips instead of one.
 *
 * A delivery that is held or cancelled because its subscription is stopped is only written while that is still so, under a
 * lock, or a resume in between would leave it held for ever. (One that is ready for a subscription just stopped is put
 * right by the dispatcher.) One that this process sends at once is stored with its claim, while its subscription is as it was
 * when that was decided: asked by a scalar subquery, for EXISTS becomes a hash of every subscription. The tenant is locked before its subscriptions, as by whoever sets its clock.
 *
 * $1 tenant · $2 its mode · $3 its anchor · $4 now, seconds · $5-$15 events · $16-$22 deliveries · $23-$24 stopped subscriptions
 * · $25 events made for one subscription alone · $26 how long each delivery waits, seconds; null where none does
 * · $27 what events tell of · $28 the revision of a delivery's subscription where it is claimed with this; null where none is
 * · $29 that claim's token · $30 its lease, seconds
 */
const PUBLISH_SQL = `WITH standing AS MATERIALIZED (
  SELECT id, clock_mode <> 'system' AS own_clock FROM tenant
  WHERE id = $1 AND clock_mode = $2 AND clock_anchor IS NOT DISTINCT FROM $3 FOR SHARE),
s AS MATERIALIZED (
  SELECT s.id FROM standing JOIN subscription s ON s.tenant_id = standing.id
  JOIN unnest($23::uuid[], $24::int[]) AS x(id, revision) ON x.id = s.id AND x.revision = s.revision
  ORDER BY s.id FOR SHARE OF s),
t AS MATERIALIZED (SELECT * FROM standing WHERE (SELECT count(*) FROM s) = cardinality($23::uuid[])),
e AS (INSERT INTO event (tenant_id, id, provider, type, variant, environment, provider_event_id, body, body_bytes, created_at,
    application, channels, uid, details, direct, subject)
  SELECT t.id, x.id, x.provider, x.type, x.variant, x.environment, x.provider_event_id, x.body, length(x.body), to_timestamp($4),
    x.application, CASE WHEN x.channels IS NULL THEN '{}' ELSE ARRAY(SELECT jsonb_array_elements_text(x.channels::jsonb)) END,
    x.uid, x.details::jsonb, x.direct, x.subject
  FROM t CROSS JOIN unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::text[],
      $13::text[], $14::text[], $15::text[], $25::boolean[], $27::text[])
    AS x(id, provider, type, variant, environment, provider_event_id, body, application, channels, uid, details, direct,
      subject)),
d AS MATERIALIZED (SELECT t.id AS tenant_id, t.own_clock, x.*, CASE WHEN x.revision IS NULL THEN false ELSE coalesce((
    SELECT s.revision = x.revision FROM subscription s WHERE s.tenant_id = t.id AND s.id = x.subscription_id), false) END AS leased
  FROM t CROSS JOIN unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::int[], $20::smallint[], $21::smallint[], $22::text[],
      $26::float8[], $28::int[])
    AS x(id, event_id, subscription_id, lane, state, trigger, reason, after, revision)),
o AS (INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, due_at, created_at,
    token, lease_until, claims)
  SELECT tenant_id, id, event_id, subscription_id, lane,
    CASE WHEN after > 0 THEN CASE WHEN own_clock THEN 3 ELSE 2 END ELSE state END, trigger, own_clock,
    to_timestamp($4 + coalesce(after, 0)), to_timestamp($4), CASE WHEN leased THEN $29::bigint END,
    CASE WHEN leased THEN now() + make_interval(secs => $30::float8) END, leased::int
  FROM d WHERE reason IS NULL),
f AS (INSERT INTO finished_delivery
    (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
  SELECT tenant_id, id, event_id, subscription_id, 'cancelled', reason, trigger, 0, to_timestamp($4), to_timestamp($4)
  FROM d WHERE reason IS NOT NULL)
SELECT count(*)::int AS written, (SELECT array_agg(id) FROM d WHERE leased) AS leased FROM t`;

const HELD = 4;

export async function insertPublication(
  client: Queryable,
  { tenantId, clock, events, deliveries, hand }: Publication,
): Promise<Written> {
  const stopped = new Map(
    deliveries.filter((d) => d.fate !== 'ready').map((d) => [d.subscriptionId, d.revision]),
  );
  const { rows } = await client.query<{ written: number; leased: string[] | null }>({
    name: 'publish',
    text: PUBLISH_SQL,
    values: [
      tenantId,
      clock.mode,
      clock.anchor,
      clock.nowMs / 1000,
      events.map((e) => e.id),
      events.map((e) => e.provider),
      events.map((e) => e.type),
      events.map((e) => e.variant),
      events.map((e) => e.environment),
      events.map((e) => e.providerEventId),
      events.map((e) => Buffer.from(e.body.buffer, e.body.byteOffset, e.body.byteLength)),
      events.map((e) => e.application),
      events.map((e) => (e.channels.length > 0 ? JSON.stringify(e.channels) : null)),
      events.map((e) => e.uid),
      events.map((e) => e.details),
      deliveries.map((d) => d.id),
      deliveries.map((d) => d.eventId),
      deliveries.map((d) => d.subscriptionId),
      deliveries.map((d) => d.lane),
      deliveries.map((d) => (d.fate === 'held' ? HELD : 0)),
      deliveries.map((d) => d.trigger),
      deliveries.map((d) => d.reason),
      [...stopped.keys()],
      [...stopped.values()],
      events.map((e) => e.direct),
      deliveries.some((d) => d.afterMs > 0) ? deliveries.map((d) => d.afterMs / 1000) : null,
      events.some((e) => e.subject !== null) ? events.map((e) => e.subject) : null,
      hand ? deliveries.map((d) => (hand.ids.has(d.id) ? d.revision : null)) : null,
      hand?.token ?? null,
      hand?.seconds ?? null,
    ],
  });
  const { written, leased } = rows[0]!;
  return { isStored: written > 0, leased: new Set(leased) };
}

/** Whether an event that goes to the same subscriptions carries this name. Holds the name until the transaction ends. */
export async function takenEventUid(
  client: Queryable,
  key: { tenantId: string; provider: string; application: string | null; uid: string },
): Promise<boolean> {
  const { tenantId, provider, application, uid } = key;
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [
    `${tenantId} ${provider} ${uid}`,
  ]);
  const { rows } = await client.query(
    `SELECT id FROM event WHERE tenant_id = $1 AND provider = $2 AND uid = $3
       AND ($4::text IS NULL OR application IS NULL OR application = $4) LIMIT 1`,
    [tenantId, provider, uid, application],
  );
  return rows.length > 0;
}

/**
 * Which of these ids a tenant's earlier events of the provider already carry. Holds them until the transaction ends, so two
 * publishes with one id cannot both find it free. In one order, so that they never wait for each other.
 */
export async function takenEventIds(
  client: Queryable,
  tenantId: string,
  ids: readonly { provider: string; eventId: string }[],
): Promise<string[]> {
  const keys = [...new Set(ids.map(({ provider, eventId }) => `${tenantId} ${provider} ${eventId}`))].sort();
  for (const key of keys) await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
  const { rows } = await client.query<{ provider_event_id: string }>(
    `SELECT e.provider_event_id FROM event e JOIN unnest($2::text[], $3::text[]) AS x(provider, event_id)
       ON e.provider_event_id = x.event_id AND e.provider = x.provider WHERE e.tenant_id = $1`,
    [tenantId, ids.map((i) => i.provider), ids.map((i) => i.eventId)],
  );
  return rows.map((row) => row.provider_event_id);
}
