import type pg from 'pg';
import type { Database } from './database.js';
import { PLAN_LOCALLY } from './pooler.js';
import type { Queryable } from './tenant-clock.js';

const IN_ORDER = `${PLAN_LOCALLY}, set_config('enable_sort', 'off', true)`;

/**
 * Reads a page of a long table as an index holds it, and no further than the page. Statistics lag behind a table that just
 * grew: a tenant they do not know of is taken for one row, and all of its rows are fetched and sorted for a page of fifty
 * (116 ms for 60,000). So what sorts is ruled out, as for the hot statements. Not for what few rows answer, found by an index of
 * their own: they are sorted faster than a tenant is walked through.
 */
export function readInOrder<T>(
  db: Pick<Database, 'transaction'>,
  read: (client: Queryable) => Promise<T>,
): Promise<T> {
  return db.transaction(async (client: pg.PoolClient) => {
    await client.query(IN_ORDER);
    return read(client);
  });
}
