import { documented } from '../../claims.js';
import type { FrontDoor } from '../../front-door.js';
import { readRoutes } from '../read-side.js';
import { tenantOf } from '../settings.js';
import { SEED } from '../sources.js';
import { orderRoutes } from './orders.js';
import { refusal, refuse } from './refusals.js';
import { webhookRoutes } from './webhooks.js';

const MINUTE_MS = 60_000;

/** Requests a minute of a key, where the limit is on. */
const PER_MINUTE: Readonly<Record<string, number>> = { development: 100, production: 60 };

export const door: FrontDoor = {
  mounts: documented(
    [
      { path: '/novamed', environment: 'development' },
      { path: '/novamed-production', environment: 'production' },
    ],
    SEED,
    '| **Production** | `https://feapi.novamed.care` |',
  ),
  key: documented({ kind: 'header', header: 'x-api-key' }, SEED, '-H "x-api-key: your-api-key-here"'),
  routes: [...webhookRoutes, ...orderRoutes, ...readRoutes],
  refuse,
  refusal,
  limit: ({ environment, settings }) =>
    tenantOf(settings).rateLimited ? { requests: PER_MINUTE[environment] ?? 60, windowMs: MINUTE_MS } : null,
};
