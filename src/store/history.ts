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

/** Ids are UUIDs, instants milliseconds of tenant time. */
export interface DeliveryListing {
  status?: readonly string[] | undefined;
  subscriptionId?: string | undefined;
  eventId?: string | undefined;
  provider?: string | undefined;
  type?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  /** Id of the last one seen. */
  before: string | null;
  limit: number;
}

/** What is in flight counts as sending even while its subscription is held: its outcome will count. */
const OPEN_STATUS = `CASE WHEN d.state = 5 OR d.lease_until >= now() THEN 'sending' WHEN d.state = 4 THEN 'held' ELSE 'pending' END`;
/** While a finished delivery is sent once more it has a row in both tables; the open one tells. */
const NOT_REOPENED =
  'NOT EXISTS (SELECT FROM open_delivery o WHERE o.tenant_id = d.tenant_id AND o.id = d.id)';

const OPEN = ['pending', 'sending', 'held'];

/** Newest first. */
export async function listDeliveries(
  client: Queryable,
  tenantId: string,
  listing: DeliveryListing,
): Promise<DeliveryRow[]> {
  const { status, since, until } = listing;
  const values: unknown[] = [tenantId, listing.limit];
  const where: string[] = ['d.tenant_id = $1'];
  const add = (sql: string, value: unknown) => where.push(sql.replace('?', `$${values.push(value)}`));
  if (listing.before !== null) add('d.id < ?', listing.before);
  if (listing.subscriptionId !== undefined) add('d.subscription_id = ?', listing.subscriptionId);
  if (listing.eventId !== undefined) add('d.event_id = ?', listing.eventId);
  if (listing.provider !== undefined) add('e.provider = ?', listing.provider);
  if (listing.type !== undefined) add('e.type = ?', listing.type);
  if (since !== undefined) add('d.created_at >= ?', new Date(since));
  if (until !== undefined) add('d.created_at < ?', new Date(until));
  const common = where.join(' AND ');
  const wanted = status ? ` = ANY($${values.push(status)}::text[])` : '';
  const branches: string[] = [];
  if (!status || status.some((s) => OPEN.includes(s))) {
    const filter = status ? ` AND ${OPEN_STATUS}${wanted}` : '';
    branches.push(`(SELECT d.id, d.event_id, d.subscription_id, ${OPEN_STATUS} AS status, NULL AS reason, d.tries,
        CASE WHEN d.state < 4 THEN d.due_at END AS due_at, d.created_at, NULL::timestamptz AS finished_at,
        e.provider, e.type, e.provider_event_id
      FROM open_delivery d LEFT JOIN event e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
      WHERE ${common}${filter} ORDER BY d.id DESC LIMIT $2)`);
  }
  if (!status || status.some((s) => !OPEN.includes(s))) {
    const filter = status ? ` AND d.status${wanted}` : '';
    branches.push(`(SELECT d.id, d.event_id, d.subscription_id, d.status, d.reason, d.tries,
        NULL::timestamptz AS due_at, d.created_at, d.finished_at, e.provider, e.type, e.provider_event_id
      FROM finished_delivery d LEFT JOIN event e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
      WHERE ${common}${filter} AND ${NOT_REOPENED} ORDER BY d.id DESC LIMIT $2)`);
  }
  const { rows } = await client.query<DeliveryRow>(
    `SELECT * FROM (${branches.join(' UNION ALL ')}) AS both_tables ORDER BY id DESC LIMIT $2`,
    values,
  );
  return rows;
}

export async function findDelivery(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<DeliveryRow | null> {
  const { rows } = await client.query<DeliveryRow>(
    `SELECT d.*, e.provider, e.type, e.provider_event_id FROM (
       SELECT d.id, d.event_id, d.subscription_id, ${OPEN_STATUS} AS status, NULL AS reason, d.tries,
         CASE WHEN d.state < 4 THEN d.due_at END AS due_at, d.created_at, NULL::timestamptz AS finished_at
       FROM open_delivery d WHERE d.tenant_id = $1 AND d.id = $2
       UNION ALL
       SELECT d.id, d.event_id, d.subscription_id, d.status, d.reason, d.tries, NULL, d.created_at, d.finished_at
       FROM finished_delivery d WHERE d.tenant_id = $1 AND d.id = $2 AND ${NOT_REOPENED}) AS d
     LEFT JOIN event e ON e.tenant_id = $1 AND e.id = d.event_id`,
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

export interface EventRow {
  id: string;
  provider: string;
  type: string;
  variant: string | null;
  environment: string;
  provider_event_id: string | null;
  body_bytes: number;
  created_at: Date;
}

export interface EventListing {
  provider?: string | undefined;
  type?: string | undefined;
  environment?: string | undefined;
  providerEventId?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  before: string | null;
  limit: number;
}

const EVENT_COLUMNS = 'id, provider, type, variant, environment, provider_event_id, body_bytes, created_at';

/** Newest first, without bodies. */
export async function listEvents(
  client: Queryable,
  tenantId: string,
  listing: EventListing,
): Promise<EventRow[]> {
  const { provider, type, environment, providerEventId, since, until, before, limit } = listing;
  const { rows } = await client.query<EventRow>(
    `SELECT ${EVENT_COLUMNS} FROM event WHERE tenant_id = $1
       AND ($2::text IS NULL OR provider = $2) AND ($3::text IS NULL OR type = $3)
       AND ($4::text IS NULL OR environment = $4) AND ($5::text IS NULL OR provider_event_id = $5)
       AND ($6::timestamptz IS NULL OR created_at >= $6) AND ($7::timestamptz IS NULL OR created_at < $7)
       AND ($8::uuid IS NULL OR id < $8)
     ORDER BY id DESC LIMIT $9`,
    [
      tenantId,
      provider ?? null,
      type ?? null,
      environment ?? null,
      providerEventId ?? null,
      at(since),
      at(until),
      before,
      limit,
    ],
  );
  return rows;
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

export interface StatsRow {
  delivered: number;
  failed: number;
  pending: number;
  by_code: Record<string, number>;
  p95_ms: number | null;
}

/** @param sinceMs tenant time; what was created before does not count. Null = all that is kept. */
export async function readStats(
  client: Queryable,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
  sinceMs: number | null,
): Promise<StatsRow> {
  const { rows } = await client.query<StatsRow>(
    `WITH ended AS (SELECT id, status FROM finished_delivery d
       WHERE tenant_id = $1 AND subscription_id = $2 AND ($3::timestamptz IS NULL OR created_at >= $3) AND ${NOT_REOPENED}),
     open AS (SELECT id FROM open_delivery
       WHERE tenant_id = $1 AND subscription_id = $2 AND ($3::timestamptz IS NULL OR created_at >= $3)),
     tried AS (SELECT a.response_status, a.duration_ms FROM (SELECT id FROM ended UNION ALL SELECT id FROM open) x
       JOIN attempt a ON a.tenant_id = $1 AND a.delivery_id = x.id)
     SELECT (SELECT count(*)::int FROM ended WHERE status = 'delivered') AS delivered,
       (SELECT count(*)::int FROM ended WHERE status = 'failed') AS failed,
       (SELECT count(*)::int FROM open) AS pending,
       (SELECT coalesce(json_object_agg(code, n), '{}') FROM (
         SELECT coalesce(response_status::text, 'none') AS code, count(*)::int AS n FROM tried GROUP BY 1 ORDER BY 1) c) AS by_code,
       (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) FROM tried) AS p95_ms`,
    [tenantId, subscriptionId, at(sinceMs ?? undefined)],
  );
  return rows[0]!;
}

function at(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
