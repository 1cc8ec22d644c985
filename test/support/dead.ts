import type { App } from '../../src/app.js';

/** As if the process had been killed: nothing it does from now on reaches the database. Its `stop` still works. */
export function killApp({ context: { db } }: App): void {
  for (const pool of new Set([db.pool, db.hot])) {
    const gone = () => Promise.reject(new Error('the process is dead'));
    Object.assign(pool, { query: gone, connect: gone });
  }
}
