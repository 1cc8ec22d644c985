import type { QueryResult } from 'pg';
import { OPERATIONAL } from './lanes.js';
import { reopen, reopenSql } from './reopening.js';
import { type Queryable, tenantNowSql } from './tenant-clock.js';

/**
 * What is to be sent again: what failed, what was never attempted (but for what somebody withdrew), or whatever was published.
 * Tests never are.
 */
export type Recoverable = 'failed' | 'neverAttempted' | 'all';

/** Ids are UUIDs, instants milliseconds of tenant time of creation, the end not included; null = no end. */
export interface RecoveryRange {
  tenantId: string;
  subscriptionId: string;
  sinceMs: number;
  untilMs: number | null;
}

const UNTRIED = `f.status = 'cancelled' AND f.tries = 0`;
const WANTED: Record<Recoverable, string> = {
  failed: `f.status = 'failed' AND f.trigger <> 2`,
  neverAttempted: `${UNTRIED} AND f.reason IS DISTINCT FROM 'cancelled' AND f.trigger <> 2`,
  all: 'f.trigger <> 2',
};

/** Rows looked at, or written, in one statement: each stays far below its timeout, however long the history is. */
const PAGE = 5_000;
/** Bodies read in one statement, up to 256 KiB each. */
const BODIES = 100;
/** Before every id. */
const NIL = '00000000-0000-0000-0000-000000000000';

/** Of rows in the order of their ids, which is that of creation. */
interface Page {
  last: string | null;
  seen: number;
  found: string[] | null;
}

/** Finished deliveries of the range in order of creation, page by page; outside of any transaction. */
export async function* findFinished(
  client: Queryable,
  range: RecoveryRange,
  which: Recoverable,
): AsyncGenerator<string[]> {
  for (let after = NIL, seen = PAGE; seen === PAGE; ) {
    const { rows }: QueryResult<Page> = await client.query<Page>(
      `SELECT (array_agg(f.id ORDER BY f.id DESC))[1] AS last, count(*)::int AS seen,
         array_agg(f.id ORDER BY f.id) FILTER (WHERE f.created_at >= $4
           AND ($5::timestamptz IS NULL OR f.created_at < $5) AND ${WANTED[which]}) AS found
       FROM (SELECT id, status, reason, tries, trigger, created_at FROM finished_delivery
         WHERE tenant_id = $1 AND subscription_id = $2 AND id > $3 ORDER BY id LIMIT ${PAGE}) f`,
      [range.tenantId, range.subscriptionId, after, ...span(range)],
    );
    const { last, seen: read, found } = rows[0]!;
    [after, seen] = [last ?? NIL, read];
    if (found) yield found;
  }
}

/** Those that are still so go out now. @returns how many. */
export async function reopenFound(
  client: Queryable,
  tenantId: string,
  { ids, which }: { ids: readonly string[]; which: Recoverable },
): Promise<number> {
  let count = 0;
  for (let i = 0; i < ids.length; i += PAGE) {
    const page = { ids: ids.slice(i, i + PAGE), sql: REOPEN[which] };
    count += (await reopen(client, tenantId, page)).length;
  }
  return count;
}

/** Without its body there is nothing to send; a subscription that went live is not sent what it was tried out with. */
const SENDABLE = `EXISTS (SELECT FROM event e JOIN subscription s ON s.tenant_id = e.tenant_id AND s.environment = e.environment
  WHERE e.tenant_id = f.tenant_id AND e.id = f.event_id AND e.body IS NOT NULL AND s.id = f.subscription_id)`;
const reopenAll = (which: Recoverable) => reopenSql(UNTRIED, `${WANTED[which]} AND ${SENDABLE}`);
const REOPEN = {
  failed: reopenAll('failed'),
  neverAttempted: reopenAll('neverAttempted'),
  all: reopenAll('all'),
} satisfies Record<Recoverable, string>;

/** An event that made no delivery to the subscription. */
export interface MissedEvent {
  id: string;
  type: string;
  variant: string | null;
  channels: string[];
  body: Buffer;
}

/** Not by equality, which would find the subscription's whole history first, for each event. */
const NOT_DELIVERED = ['open_delivery', 'finished_delivery']
  .map(
    (table) => `NOT coalesce((SELECT true FROM ${table} d
        WHERE d.tenant_id = $1 AND d.event_id = e.id AND d.subscription_id IS NOT DISTINCT FROM $2 LIMIT 1), false)`,
  )
  .join(' AND ');

/** Events of the subscription's provider, environment and application that it has no delivery of, page by page. */
export async function* findMissed(client: Queryable, range: RecoveryRange): AsyncGenerator<MissedEvent[]> {
  for (let after = NIL, seen = PAGE; seen === PAGE; ) {
    const { rows }: QueryResult<Page> = await client.query<Page>(
      `SELECT (array_agg(e.id ORDER BY e.id DESC))[1] AS last, count(*)::int AS seen,
         array_agg(e.id ORDER BY e.id) FILTER (WHERE e.kept AND e.created_at >= $4
           AND ($5::timestamptz IS NULL OR e.created_at < $5) AND e.provider = s.provider AND e.environment = s.environment
           AND (e.application = s.application OR e.application IS NULL AND s.application <> '${OPERATIONAL}')
           AND NOT e.direct AND ${NOT_DELIVERED}) AS found
       FROM (SELECT id, body IS NOT NULL AS kept, provider, environment, application, direct, created_at FROM event
         WHERE tenant_id = $1 AND id > $3 ORDER BY id LIMIT ${PAGE}) e
       JOIN subscription s ON s.tenant_id = $1 AND s.id = $2`,
      [range.tenantId, range.subscriptionId, after, ...span(range)],
    );
    const { last, seen: read, found } = rows[0]!;
    [after, seen] = [last ?? NIL, read];
    for (let i = 0; found && i < found.length; i += BODIES) {
      const page = await client.query<MissedEvent>(
        `SELECT id, type, variant, channels, body FROM event
         WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND body IS NOT NULL ORDER BY id`,
        [range.tenantId, found.slice(i, i + BODIES)],
      );
      yield page.rows;
    }
  }
}

/** First deliveries of events that had none. @returns how many; what got one meanwhile is left alone. */
export async function insertMissed(
  client: Queryable,
  { tenantId, subscriptionId }: Pick<RecoveryRange, 'tenantId' | 'subscriptionId'>,
  deliveries: readonly { id: string; eventId: string }[],
): Promise<number> {
  let count = 0;
  for (let i = 0; i < deliveries.length; i += PAGE) {
    const page = deliveries.slice(i, i + PAGE);
    const { rowCount } = await client.query(
      `INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, due_at, created_at)
       SELECT $1, x.id, e.id, s.id, s.lane, 0, 0, t.clock_mode <> 'system', ${tenantNowSql('t')}, e.created_at
       FROM tenant t CROSS JOIN unnest($3::uuid[], $4::uuid[]) AS x(id, event_id)
       CROSS JOIN LATERAL (SELECT id, created_at FROM event WHERE tenant_id = $1 AND id = x.event_id AND body IS NOT NULL LIMIT 1) e
       CROSS JOIN LATERAL (SELECT id, lane FROM subscription WHERE tenant_id = $1 AND id = $2 LIMIT 1) s
       WHERE t.id = $1 AND ${NOT_DELIVERED}`,
      [tenantId, subscriptionId, page.map((d) => d.id), page.map((d) => d.eventId)],
    );
    count += rowCount ?? 0;
  }
  return count;
}

function span({ sinceMs, untilMs }: RecoveryRange): [Date, Date | null] {
  return [new Date(sinceMs), untilMs === null ? null : new Date(untilMs)];
}
