import type { Queryable } from './tenant-clock.js';

/** What the whole database knows of the queue and of itself, all processes together. */
export interface Figures {
  /** Ready or past their instant on the database's clock, and in nobody's hands. */
  due: number;
  /** Seconds since the oldest of them was due; 0 when there is none. Whatever waits for a limit of its lane is among them. */
  oldest_due_s: number;
  /** In some dispatcher's hands, leases that ran out included. */
  leased: number;
  /** Leases that ran out and were not taken over yet. */
  expired: number;
  /** With a due instant still to come, on whichever clock. */
  scheduled: number;
  /** Held with their subscriptions. */
  held: number;
  /** By status. */
  subscriptions: Record<string, number>;
  /** Transactions since the oldest snapshot that anybody holds: rows that died since cannot be cleared away. */
  oldest_xmin_age: number;
  /** Seconds since the oldest open transaction began. */
  oldest_transaction_s: number;
  /** Of the queue's table. */
  dead_tuples: number;
  connections: number;
}

/**
 * One pass over the open deliveries and a look at the server: 0.3 s with a million of them, so it is asked when somebody
 * collects metrics and never otherwise.
 */
export async function readFigures(client: Queryable): Promise<Figures> {
  const { rows } = await client.query<Figures>(
    `WITH q AS (SELECT
         count(*) FILTER (WHERE is_due) AS due, min(due_at) FILTER (WHERE is_due AND NOT own_clock) AS oldest,
         count(*) FILTER (WHERE token IS NOT NULL) AS leased,
         count(*) FILTER (WHERE token IS NOT NULL AND lease_until < now()) AS expired,
         count(*) FILTER (WHERE NOT is_due AND token IS NULL AND state IN (2, 3)) AS scheduled,
         count(*) FILTER (WHERE state = 4) AS held
       FROM (SELECT *, token IS NULL AND (state IN (0, 1) OR state = 2 AND due_at <= now()) AS is_due FROM open_delivery) d),
     s AS (SELECT coalesce(json_object_agg(status, n), '{}') AS by_status
       FROM (SELECT status, count(*)::int AS n FROM subscription GROUP BY 1) x),
     a AS (SELECT max(age(backend_xmin)) AS xmin_age, min(xact_start) AS oldest, count(*) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid())
     SELECT q.due::float8, coalesce(greatest(0, extract(epoch FROM now() - q.oldest)), 0)::float8 AS oldest_due_s,
       q.leased::float8, q.expired::float8, q.scheduled::float8, q.held::float8, s.by_status AS subscriptions,
       coalesce(a.xmin_age, 0)::float8 AS oldest_xmin_age,
       coalesce(greatest(0, extract(epoch FROM now() - a.oldest)), 0)::float8 AS oldest_transaction_s,
       coalesce((SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'open_delivery'), 0)::float8 AS dead_tuples,
       coalesce(a.n, 0)::float8 AS connections
     FROM q, s, a`,
  );
  return rows[0]!;
}
