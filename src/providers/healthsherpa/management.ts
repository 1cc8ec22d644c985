import { assumed, external } from '../claims.js';
import type { FrontDoor } from '../front-door.js';
import { carrierRoutes } from './management/carriers.js';
import { onboardingRoutes } from './management/onboarding.js';
import { refusal, refuse } from './management/refusals.js';
import { readRoutes } from './read-side.js';
import { SKILL_API } from './sources.js';

/**
 * The form, the account manager and the list of carriers, as routes: HealthSherpa has no API for any of it, so the paths are
 * ours; keys, names and refusals are in the manner of its enrollment API.
 */
export const door: FrontDoor = {
  mounts: assumed(
    [{ path: '/healthsherpa', environment: 'production' }],
    'the form names the environment; one door serves both',
  ),
  key: external(
    { kind: 'header', header: 'x-api-key', orBearer: true },
    SKILL_API,
    'what every request to its other APIs carries; Authorization: Bearer will do as well',
  ),
  refusal,
  refuse,
  routes: [...onboardingRoutes, ...carrierRoutes, ...readRoutes],
};
