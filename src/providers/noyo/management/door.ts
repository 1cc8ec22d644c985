import { assumed, external } from '../../claims.js';
import type { FrontDoor } from '../../front-door.js';
import { readRoutes } from '../read-side.js';
import { SEED, USING_THE_API } from '../sources.js';
import { refusal, refuse } from './refusals.js';
import { rotationRoutes } from './rotation.js';
import { subscriptionRoutes } from './subscriptions.js';

/** What the web form of the app does, as routes. */
export const door: FrontDoor = {
  mounts: assumed(
    [{ path: '/noyo', environment: 'production' }],
    'The form has no path; there are no webhooks in sandbox, so there is no second one.',
    SEED,
  ),
  key: external(
    { kind: 'bearer' },
    USING_THE_API,
    'There a short-lived access token; here the key of the tenant.',
  ),
  routes: [...subscriptionRoutes, ...rotationRoutes, ...readRoutes],
  refuse,
  refusal,
};
