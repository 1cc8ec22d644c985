import type pg from 'pg';
import type { Queryable } from './tenant-clock.js';

/** As long as it takes to rewrite some millions of rows, milliseconds. */
const LONG_MS = 600_000;
/** So that the server's own word comes first. */
const MARGIN_MS = 2_000;

/**
 * One statement that rewrites as many rows as a subscription or a tenant has: it may take longer than any other, while its
 * locks are waited for as long as ever. Must run in a transaction.
 */
export async function runLong(
  client: Queryable,
  text: string,
  values: unknown[],
): Promise<pg.QueryResult<pg.QueryResultRow>> {
  await client.query(`SET LOCAL statement_timeout = ${LONG_MS}`);
  const long: pg.QueryConfig & { query_timeout: number } = {
    text,
    values,
    query_timeout: LONG_MS + MARGIN_MS,
  };
  const result = await client.query(long);
  await client.query('SET LOCAL statement_timeout TO DEFAULT');
  return result;
}
