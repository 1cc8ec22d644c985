import { createRequire } from 'node:module';
import type { errors as Errors, Pool as PoolClass } from 'undici';

const require = createRequire(import.meta.url);

/**
 * What sends requests, alone: the package's entry loads fetch, WebSocket and caches too, 80 files that every start and every
 * `send` would wait for. Should a later version keep its parts elsewhere, the entry does.
 */
export const { Pool, errors } = load();

function load(): { Pool: typeof PoolClass; errors: typeof Errors } {
  try {
    return {
      Pool: require('undici/lib/dispatcher/pool.js') as typeof PoolClass,
      errors: require('undici/lib/core/errors.js') as typeof Errors,
    };
  } catch {
    return require('undici') as { Pool: typeof PoolClass; errors: typeof Errors };
  }
}
