import type pg from 'pg';

/**
 * The queue's table goes from nothing to a hundred thousand rows between two ANALYZE runs, so its plans must not depend
 * on statistics: every hot statement is written for one index and forced to it.
 */
export const HOT_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

/** The same, for the transaction it is said in. */
export const PLAN_LOCALLY = `SELECT ${Object.entries(HOT_SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')}`;

export const SAY_POOLER =
  'DATABASE_URL leads to a pooler: write ?pgbouncer=true at its end; docs/scaling.md says what else it needs.';

/** Prisma's word for it: a pooler in transaction mode stands in between. */
const FLAG = 'pgbouncer';

/** @returns the URL without the flag, which is for us and not for the driver. */
export function poolerIn(given: string): { url: string; pooled: boolean } {
  const url = new URL(given);
  if (url.searchParams.get(FLAG) !== 'true') return { url: given, pooled: false };
  url.searchParams.delete(FLAG);
  return { url: url.href, pooled: true };
}

/** PgBouncer takes no settings in the first message of a connection, and says so. */
export function isPooler(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}

/** What was prepared under a name is not there on the server connection of the next transaction. */
export function forgetNames(client: pg.ClientBase): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  Object.assign(client, { query: (first: unknown, ...rest: unknown[]) => query(nameless(first), ...rest) });
}

function nameless(query: unknown): unknown {
  if (typeof query !== 'object' || query === null || !('name' in query)) return query;
  const { name: _, ...rest } = query;
  return rest;
}
