import { external } from '../../claims.js';
import type { FrontDoor } from '../../front-door.js';
import { readRoutes } from '../read-side.js';
import { requestsPerHour } from '../settings.js';
import { KEYS, REFERENCE } from '../sources.js';
import { deliveryRoutes } from './deliveries.js';
import { refusal, refuse } from './refusals.js';
import { webhookRoutes } from './webhooks.js';

const HOUR_MS = 3_600_000;

export const door: FrontDoor = {
  mounts: external(
    [
      { path: '/healthsync', environment: 'production' },
      { path: '/healthsync-sandbox', environment: 'sandbox' },
    ],
    REFERENCE,
    'two hosts, each followed by /v1',
  ),
  key: external({ kind: 'bearer' }, KEYS),
  routes: [...webhookRoutes, ...deliveryRoutes, ...readRoutes],
  refuse,
  refusal,
  limit({ settings }) {
    const requests = requestsPerHour(settings);
    return requests === null ? null : { requests, windowMs: HOUR_MS };
  },
};
