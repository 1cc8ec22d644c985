import type { Database } from './database.js';
import type { AttemptRow } from './history.js';
import { readInOrder } from './index-order.js';
import type { Queryable } from './tenant-clock.js';

/** An attempt with the event it carried. */
export interface AttemptOfEvent extends AttemptRow {
  subscription_id: string;
  event_id: string;
  provider: string;
}

/** Ids are UUIDs, instants milliseconds of tenant time. */
export interface AttemptListing {
  /** These alone. */
  ids?: readonly string[] | undefined;
  provider: string;
  subscriptionId?: string | undefined;
  eventId?: string | undefined;
  /** Of the subscription. */
  application?: string | undefined;
  delivered?: boolean | undefined;
  /** First digit of the answer's status; 0 = there was no answer. */
  statusClass?: number | undefined;
  types?: readonly string[] | undefined;
  channel?: string | undefined;
  /** Held by the event's details. */
  details?: unknown;
  since?: number | undefined;
  /** Exclusive. */
  until?: number | undefined;
  /** Id of the last one seen. */
  after: string | null;
  limit: number;
  /** Default: newest first. */
  order?: 'ascending' | 'descending' | undefined;
}

/** By key, one row at a time: a plain join is planned over every event. A resend has a row in both tables. */
const OF_EVENT = `CROSS JOIN LATERAL (
    SELECT event_id FROM open_delivery WHERE tenant_id = $1 AND id = a.delivery_id
    UNION ALL
    SELECT event_id FROM finished_delivery WHERE tenant_id = $1 AND id = a.delivery_id LIMIT 1) d
  CROSS JOIN LATERAL (
    SELECT provider, type, channels, details FROM event WHERE tenant_id = $1 AND id = d.event_id LIMIT 1) e`;

/** What another worker superseded is left out: the attempt that counts stands for it. */
export async function listAttemptsOf(
  db: Pick<Database, 'pool' | 'transaction'>,
  tenantId: string,
  listing: AttemptListing,
): Promise<AttemptOfEvent[]> {
  const values: unknown[] = [tenantId, listing.limit];
  const where = ['a.tenant_id = $1', `a.outcome <> 'superseded'`];
  const add = (sql: (place: string) => string, value: unknown) => {
    if (value !== undefined && value !== null) where.push(sql(`$${values.push(value)}`));
  };
  const [past, sorted] = listing.order === 'ascending' ? ['>', 'ASC'] : ['<', 'DESC'];
  add((at) => `a.id ${past} ${at}`, listing.after);
  add((at) => `a.id = ANY(${at}::uuid[])`, listing.ids);
  add((at) => `e.provider = ${at}`, listing.provider);
  add((at) => `a.subscription_id = ${at}`, listing.subscriptionId);
  add(
    (at) => `a.delivery_id = ANY(ARRAY(SELECT id FROM open_delivery WHERE tenant_id = $1 AND event_id = ${at}
      UNION SELECT id FROM finished_delivery WHERE tenant_id = $1 AND event_id = ${at}))`,
    listing.eventId,
  );
  add(
    (at) => `EXISTS (SELECT FROM subscription s
      WHERE s.tenant_id = $1 AND s.id = a.subscription_id AND s.application = ${at})`,
    listing.application,
  );
  add((at) => `(a.outcome = 'delivered') = ${at}`, listing.delivered);
  add((at) => `coalesce(a.response_status, 0) / 100 = ${at}`, listing.statusClass);
  add((at) => `e.type = ANY(${at}::text[])`, listing.types);
  add((at) => `${at} = ANY(e.channels)`, listing.channel);
  add((at) => `e.details @> ${at}::jsonb`, listing.details && JSON.stringify(listing.details));
  add((at) => `a.started_at >= ${at}`, dateOf(listing.since));
  add((at) => `a.started_at < ${at}`, dateOf(listing.until));
  const read = async (client: Queryable) =>
    (
      await client.query<AttemptOfEvent>(
        `SELECT a.*, d.event_id, e.provider FROM attempt a ${OF_EVENT} WHERE ${where.join(' AND ')} ORDER BY a.id ${sorted} LIMIT $2`,
        values,
      )
    ).rows;
  const named = listing.ids ?? listing.eventId;
  return named === undefined ? readInOrder(db, read) : read(db.pool);
}

/** Forgets what the consumer answered; that and when it answered stays. */
export async function emptyAnswer(client: Queryable, tenantId: string, id: string): Promise<void> {
  await client.query('UPDATE attempt SET response_body = NULL WHERE tenant_id = $1 AND id = $2', [
    tenantId,
    id,
  ]);
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
