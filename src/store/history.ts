import { type AboutEvent, at, conditions } from './conditions.js';
import type { Database } from './database.js';
import { readInOrder } from './index-order.js';
import type { Queryable } from './tenant-clock.js';

/** A delivery, finished or not, with what is wanted of its event. */
export interface DeliveryRow {
  id: string;
  event_id: string;
  subscription_id: string;
  status: string;
  reason: string | null;
  tries: number;
  due_at: Date | null;
  created_at: Date;
  finished_at: Date | null;
  provider: string | null;
  type: string | null;
  provider_event_id: string | null;
}

/** What is in flight counts as sending even while its subscription is held: its outcome will count. */
export const OPEN_STATUS = `CASE WHEN d.state = 5 OR d.lease_until >= now() THEN 'sending' WHEN d.state = 4 THEN 'held' ELSE 'pending' END`;
/**
 * While a finished delivery is sent once more it has a row in both tables; the open one tells. Not NOT EXISTS, which becomes
 * a join over the whole queue where statistics are old, and not IS NULL, which is taken for rare and gets a sort (70 ms).
 */
export const NOT_REOPENED =
  'NOT coalesce((SELECT true FROM open_delivery o WHERE o.tenant_id = $1 AND o.id = d.id), false)';
/** One lookup by key for each row. A plain join is planned as 51 passes over every event (770 ms at 100,000). */
export const eventOf = (row: string) =>
  `LATERAL (SELECT provider, type, provider_event_id, channels, details FROM event WHERE tenant_id = $1 AND id = ${row}.event_id LIMIT 1) e`;
export const OPEN_COLUMNS = `d.id, d.event_id, d.subscription_id, ${OPEN_STATUS} AS status, NULL AS reason, d.tries,
  CASE WHEN d.state < 4 THEN d.due_at END AS due_at, d.created_at, NULL::timestamptz AS finished_at`;
export const FINISHED_COLUMNS = `d.id, d.event_id, d.subscription_id, d.status, d.reason, d.tries, NULL::timestamptz AS due_at,
  d.created_at, d.finished_at`;

export async function findDelivery(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<DeliveryRow | null> {
  const { rows } = await client.query<DeliveryRow>(
    `SELECT x.*, e.provider, e.type, e.provider_event_id FROM (
       SELECT ${OPEN_COLUMNS} FROM open_delivery d WHERE d.tenant_id = $1 AND d.id = $2
       UNION ALL
       SELECT ${FINISHED_COLUMNS} FROM finished_delivery d WHERE d.tenant_id = $1 AND d.id = $2 AND ${NOT_REOPENED}) x
     LEFT JOIN ${eventOf('x')} ON true`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

export interface AttemptRow {
  id: string;
  delivery_id: string;
  number: number;
  trigger: number;
  outcome: string;
  reason: string | null;
  due_at: Date;
  started_at: Date;
  wall_started_at: Date;
  duration_ms: number;
  next_attempt_at: Date | null;
  subscription_status: string;
  url: string;
  request_headers: string;
  request_bytes: number;
  signature: string | null;
  response_status: number | null;
  response_headers: string | null;
  response_body: Buffer | null;
  response_bytes: number | null;
  truncated: boolean;
  timing: string;
  /** JSON text; null where no fault touched it. */
  faults: string | null;
  /** What was sent, where a fault made it other bytes than the event's. */
  request_body: Buffer | null;
}

/** In the order in which they were made. */
export async function listAttempts(
  client: Queryable,
  tenantId: string,
  deliveryId: string,
): Promise<AttemptRow[]> {
  const { rows } = await client.query<AttemptRow>(
    'SELECT * FROM attempt WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY number, id',
    [tenantId, deliveryId],
  );
  return rows;
}

/** What the log says of an attempt. */
export type LoggedAttemptRow = Pick<
  AttemptRow,
  | 'id'
  | 'delivery_id'
  | 'number'
  | 'trigger'
  | 'outcome'
  | 'reason'
  | 'response_status'
  | 'url'
  | 'started_at'
  | 'duration_ms'
  | 'next_attempt_at'
> & { subscription_id: string; event_id: string; provider: string | null; type: string | null };

/** Of a whole tenant, newest first, without those that a newer one took the place of. @param before id of the last one seen. */
export async function listLoggedAttempts(
  db: Pick<Database, 'transaction'>,
  tenantId: string,
  {
    before,
    limit,
    subscriptionId,
  }: { before: string | null; limit: number; subscriptionId?: string | undefined },
): Promise<LoggedAttemptRow[]> {
  const { values, where, add } = conditions(
    [tenantId, limit],
    `a.tenant_id = $1 AND a.outcome <> 'superseded'`,
  );
  add('a.id <', before);
  add('a.subscription_id =', subscriptionId);
  const sql = `SELECT x.*, d.event_id, e.provider, e.type FROM (
       SELECT id, delivery_id, subscription_id, number, trigger, outcome, reason, response_status, url, started_at,
         duration_ms, next_attempt_at
       FROM attempt a WHERE ${where.join(' AND ')} ORDER BY a.id DESC LIMIT $2) x
     CROSS JOIN LATERAL (
       SELECT event_id FROM open_delivery WHERE tenant_id = $1 AND id = x.delivery_id
       UNION ALL SELECT event_id FROM finished_delivery WHERE tenant_id = $1 AND id = x.delivery_id LIMIT 1) d
     LEFT JOIN ${eventOf('d')} ON true ORDER BY x.id DESC`;
  return readInOrder(db, async (client) => (await client.query<LoggedAttemptRow>(sql, values)).rows);
}

/** Of these deliveries, each one's in the order in which they were made. */
export async function listAttemptsOf(
  client: Queryable,
  tenantId: string,
  deliveryIds: readonly string[],
): Promise<AttemptRow[]> {
  const { rows } = await client.query<AttemptRow>(
    'SELECT * FROM attempt WHERE tenant_id = $1 AND delivery_id = ANY($2::uuid[]) ORDER BY delivery_id, number, id',
    [tenantId, deliveryIds],
  );
  return rows;
}

export interface EventRow {
  id: string;
  provider: string;
  type: string;
  variant: string | null;
  environment: string;
  provider_event_id: string | null;
  application: string | null;
  channels: string[];
  uid: string | null;
  details: unknown;
  body_bytes: number;
  created_at: Date;
}

export interface EventListing extends AboutEvent {
  /** These alone. */
  ids?: readonly string[] | undefined;
  provider?: string | undefined;
  type?: string | undefined;
  /** With those of every application. */
  application?: string | undefined;
  uid?: string | undefined;
  environment?: string | undefined;
  providerEventId?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  before: string | null;
  limit: number;
  /** Default: newest first. */
  order?: 'ascending' | 'descending' | undefined;
  /** Default: without. */
  withBody?: boolean | undefined;
}

const EVENT_COLUMNS =
  'id, provider, type, variant, environment, provider_event_id, application, channels, uid, details, body_bytes, created_at';

export async function listEvents(
  db: Pick<Database, 'pool' | 'transaction'>,
  tenantId: string,
  listing: EventListing,
): Promise<(EventRow & { body?: Buffer | null })[]> {
  const { values, where, add, addAbout } = conditions([tenantId, listing.limit], 'tenant_id = $1');
  const [past, sorted] = listing.order === 'ascending' ? ['>', 'ASC'] : ['<', 'DESC'];
  add(`id ${past}`, listing.before);
  if (listing.ids) where.push(`id = ANY($${values.push(listing.ids)}::uuid[])`);
  addAbout('event', listing);
  if (listing.application !== undefined)
    where.push(`(application IS NULL OR application = $${values.push(listing.application)})`);
  add('uid =', listing.uid);
  add('provider =', listing.provider);
  add('type =', listing.type);
  add('environment =', listing.environment);
  add('provider_event_id =', listing.providerEventId);
  add('created_at >=', at(listing.since));
  add('created_at <', at(listing.until));
  const read = async (client: Queryable) =>
    (
      await client.query<EventRow>(
        `SELECT ${EVENT_COLUMNS}${listing.withBody ? ', body' : ''} FROM event
         WHERE ${where.join(' AND ')} ORDER BY id ${sorted} LIMIT $2`,
        values,
      )
    ).rows;
  const named = listing.ids ?? listing.uid ?? listing.providerEventId;
  return named === undefined ? readInOrder(db, read) : read(db.pool);
}

export async function findEvent(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<(EventRow & { body: Buffer | null }) | null> {
  const { rows } = await client.query<EventRow & { body: Buffer | null }>(
    `SELECT ${EVENT_COLUMNS}, body FROM event WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** Empties its body: it is sent to nobody any more. That and when it happened stays. */
export async function emptyEvent(client: Queryable, tenantId: string, id: string): Promise<void> {
  await client.query('UPDATE event SET body = NULL WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  await client.query(
    `UPDATE attempt SET request_body = NULL WHERE tenant_id = $1 AND request_body IS NOT NULL AND delivery_id = ANY(ARRAY(
       SELECT id FROM open_delivery WHERE tenant_id = $1 AND event_id = $2
       UNION SELECT id FROM finished_delivery WHERE tenant_id = $1 AND event_id = $2))`,
    [tenantId, id],
  );
}

/** How many of a subscription's deliveries stand how, of all or of those created in a range of tenant time, milliseconds. */
export async function countDeliveries(
  client: Queryable,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
  range?: { sinceMs: number; untilMs: number },
): Promise<Record<string, number>> {
  const { values, where, add } = conditions(
    [tenantId, subscriptionId],
    'd.tenant_id = $1 AND d.subscription_id = $2',
  );
  add('d.created_at >=', at(range?.sinceMs));
  add('d.created_at <', at(range?.untilMs));
  const mine = where.join(' AND ');
  const { rows } = await client.query<{ status: string; count: number }>(
    `SELECT status, count(*)::int AS count FROM (
       SELECT ${OPEN_STATUS} AS status FROM open_delivery d WHERE ${mine}
       UNION ALL SELECT d.status FROM finished_delivery d WHERE ${mine} AND ${NOT_REOPENED}) x GROUP BY status`,
    values,
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** The names their publishers gave these events; those without are left out. */
export async function readEventUids(
  client: Queryable,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<{ id: string; uid: string }>(
    'SELECT id, uid FROM event WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND uid IS NOT NULL',
    [tenantId, ids],
  );
  return new Map(rows.map(({ id, uid }) => [id, uid]));
}
