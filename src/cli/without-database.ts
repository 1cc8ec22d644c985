import type { Shell } from './shell.js';

/** For what needs no database: DATABASE_URL is that of the program under test, and says nothing of us. */
export function withoutDatabase(env: Shell['env']): Shell['env'] {
  return { ...env, DATABASE_URL: undefined };
}
