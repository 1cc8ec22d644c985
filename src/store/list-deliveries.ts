import { at, type Conditions, conditions } from './conditions.js';
import type { Database } from './database.js';
import {
  type DeliveryRow,
  eventOf,
  FINISHED_COLUMNS,
  NOT_REOPENED,
  OPEN_COLUMNS,
  OPEN_STATUS,
} from './history.js';
import { readInOrder } from './index-order.js';
import type { Queryable } from './tenant-clock.js';

/** Ids are UUIDs, instants milliseconds of tenant time. */
export interface DeliveryListing {
  status?: readonly string[] | undefined;
  subscriptionId?: string | undefined;
  eventId?: string | undefined;
  /** Of the subscription, as the event's. */
  provider?: string | undefined;
  type?: string | undefined;
  types?: readonly string[] | undefined;
  /** Of the subscription. */
  application?: string | undefined;
  /** Named by the event. */
  channel?: string | undefined;
  /** Held by the event's details. */
  details?: unknown;
  since?: number | undefined;
  until?: number | undefined;
  /** Id of the last one seen. */
  before: string | null;
  limit: number;
  /** How many to leave out first. Default 0. */
  offset?: number | undefined;
  /** Default: newest first. */
  order?: 'ascending' | 'descending' | undefined;
}

const OPEN = ['pending', 'sending', 'held'];
/** Of so many subscriptions a page is read from each, of more the tenant's deliveries are looked through. */
const FEW = 50;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A page of the deliveries that wait and of those that have finished, in the order of their ids. */
export async function listDeliveries(
  db: Pick<Database, 'transaction'>,
  tenantId: string,
  listing: DeliveryListing,
): Promise<DeliveryRow[]> {
  return readInOrder(db, async (client) => {
    const of = await subscriptionsOf(client, tenantId, listing);
    return of?.length === 0 ? [] : read(client, { tenantId, listing, of });
  });
}

/** Whose deliveries are wanted; null where that narrows nothing, or not enough. */
async function subscriptionsOf(
  client: Queryable,
  tenantId: string,
  { provider, application, subscriptionId }: DeliveryListing,
): Promise<string[] | null> {
  if ((provider ?? application) === undefined) return subscriptionId === undefined ? null : [subscriptionId];
  const { values, where, add } = conditions([tenantId, FEW + 1], 'tenant_id = $1');
  add('id =', subscriptionId);
  add('provider =', provider);
  add('application =', application);
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM subscription WHERE ${where.join(' AND ')} LIMIT $2`,
    values,
  );
  return rows.length > FEW ? null : rows.map(({ id }) => id);
}

interface Wanted {
  tenantId: string;
  listing: DeliveryListing;
  /** Ids of the only subscriptions whose deliveries are wanted. */
  of: readonly string[] | null;
}

async function read(client: Queryable, { tenantId, listing, of }: Wanted): Promise<DeliveryRow[]> {
  const { status, limit, offset = 0 } = listing;
  const found = conditions([tenantId, limit, limit + offset, offset], 'd.tenant_id = $1');
  const [past, sorted] = listing.order === 'ascending' ? ['>', 'ASC'] : ['<', 'DESC'];
  found.add(`d.id ${past}`, listing.before);
  found.add('d.created_at >=', at(listing.since));
  found.add('d.created_at <', at(listing.until));
  const question: Question = {
    ...{ found, listing, past, sorted },
    event: joinEvent(found, listing),
    wanted: status ? ` = ANY($${found.values.push(status)}::text[])` : null,
    of: of && `$${found.values.push(of)}::uuid[]`,
  };
  const branches: string[] = [];
  if (!status || status.some((s) => OPEN.includes(s))) branches.push(openPage(question));
  if (!status || status.some((s) => !OPEN.includes(s))) branches.push(finishedPage(question));
  const { rows } = await client.query<DeliveryRow>(
    `SELECT x.*, e.provider, e.type, e.provider_event_id
     FROM (SELECT * FROM (${branches.map((sql) => `(${sql})`).join(' UNION ALL ')}) found ORDER BY id ${sorted} LIMIT $2 OFFSET $4) x
     LEFT JOIN ${eventOf('x')} ON true ORDER BY x.id ${sorted}`,
    found.values,
  );
  return rows;
}

/** What is asked of both tables, in SQL. */
interface Question {
  found: Conditions;
  listing: DeliveryListing;
  past: string;
  sorted: string;
  event: string;
  /** Statuses. */
  wanted: string | null;
  /** Subscriptions. */
  of: string | null;
}

function openPage(question: Question): string {
  const { found, listing, wanted } = question;
  const { eventId, subscriptionId } = listing;
  const [column, id] = eventId ? ['event_id', eventId] : ['subscription_id', subscriptionId];
  const source = id === undefined ? 'open_delivery' : together(found, { table: 'open_delivery', column, id });
  const more = [ofSubscriptions(question), wanted && OPEN_STATUS + wanted];
  return page(question, { columns: OPEN_COLUMNS, source, more });
}

function finishedPage(question: Question): string {
  const { found, listing, past, sorted, wanted, of } = question;
  const { eventId, status, before } = listing;
  const table = 'finished_delivery';
  const columns = FINISHED_COLUMNS;
  const more = [wanted && `d.status${wanted}`, NOT_REOPENED];
  const among = ofSubscriptions(question);
  if (eventId !== undefined) {
    const source = together(found, { table, column: 'event_id', id: eventId });
    return page(question, { columns, source, more: [among, ...more] });
  }
  // Said aloud for the index of those that were not delivered: what stands in a parameter proves nothing to it.
  if (status && !status.includes('delivered'))
    return page(question, { columns, source: table, more: [among, `d.status <> 'delivered'`, ...more] });
  if (of === null) return page(question, { columns, source: table, more: [among, ...more] });
  const edge = before ?? (past === '<' ? LAST_ID : FIRST_ID);
  // Between two edges and not equal, and in its order: only the subscriptions' own index has that.
  const mine = `(d.subscription_id, d.tenant_id, d.id) ${past} (s.id, $1, $${found.values.push(edge)}::uuid)
    AND (d.subscription_id, d.tenant_id) ${past === '<' ? '>=' : '<='} (s.id, $1)`;
  const order = `d.subscription_id ${sorted}, `;
  return `SELECT d.* FROM unnest(${of}) s(id)
    CROSS JOIN LATERAL (${page(question, { columns, source: table, more: [mine, ...more], order })}) d
    ORDER BY d.id ${sorted} LIMIT $3`;
}

interface Page {
  columns: string;
  source: string;
  more: readonly (string | null)[];
  /** What its order begins with, before the id. */
  order?: string;
}

function page({ found, event, sorted }: Question, { columns, source, more, order = '' }: Page): string {
  const where = [...found.where, ...more.filter((one) => one !== null)].join(' AND ');
  return `SELECT ${columns} FROM ${source} d ${event} WHERE ${where} ORDER BY ${order}d.id ${sorted} LIMIT $3`;
}

/**
 * Where no index has them in order, they are taken together first, by the one that finds them, and sorted. Without the tenant,
 * or its key would be taken for as good.
 */
function together(
  { values }: Conditions,
  { table, column, id }: Record<'table' | 'column' | 'id', string>,
): string {
  return `(SELECT * FROM ${table} WHERE ${column} = $${values.push(id)} OFFSET 0)`;
}

/** Asked of each delivery: of these subscriptions, or where they are too many to be named, what they are wanted for. */
function ofSubscriptions({ found, listing, of }: Question): string | null {
  if (of !== null) return `d.subscription_id = ANY(${of})`;
  const { where, add } = conditions(found.values, 's.tenant_id = $1 AND s.id = d.subscription_id');
  add('s.provider =', listing.provider);
  add('s.application =', listing.application);
  return where.length === 1 ? null : `(SELECT true FROM subscription s WHERE ${where.join(' AND ')})`;
}

/** @returns the join, where something is asked of the event. */
function joinEvent({ where, add, addAbout }: Conditions, { type, ...about }: DeliveryListing): string {
  const before = where.length;
  add('e.type =', type);
  addAbout('e', about);
  return where.length === before ? '' : `CROSS JOIN ${eventOf('d')}`;
}
