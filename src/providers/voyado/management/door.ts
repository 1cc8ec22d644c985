import { assumed, external } from '../../claims.js';
import { type DoorRoute, doorRoute, type FrontDoor } from '../../front-door.js';
import { readRoutes } from '../read-side.js';
import { SVIX_API } from '../sources.js';
import { applications } from './applications.js';
import { attempts } from './attempts.js';
import { authentication, guarded } from './authentication.js';
import { destinations } from './destinations.js';
import { endpoints } from './endpoints.js';
import { refusalSchema, refuse } from './errors.js';
import { eventTypes } from './event-types.js';
import { hostedOnly } from './hosted-only.js';
import { messages } from './messages.js';
import { operationalEndpoints } from './operational-endpoints.js';
import { recovery } from './recovery.js';
import { at, claim } from './route.js';
import { secretsAndHeaders } from './secrets-and-headers.js';

const routes: readonly DoorRoute[] = [
  ...applications,
  ...endpoints,
  ...secretsAndHeaders,
  ...recovery,
  ...messages,
  ...attempts,
  ...destinations,
  ...eventTypes,
  ...operationalEndpoints,
  ...authentication,
  ...hostedOnly,
  ...readRoutes,
  doorRoute({
    method: 'get',
    path: at('/health'),
    summary: 'Whether the API is there',
    claim: claim(),
    open: true,
    answers: { 204: { description: 'It is.' } },
    handle: () => ({ status: 204 }),
  }),
];

/** Svix's own API: a tenant is an organisation there. */
export const door: FrontDoor = {
  mounts: assumed(
    [{ path: '/voyado', environment: 'production' }],
    'Voyado gives each customer an application of its own in Svix; where the API stands is Ringer’s choice',
  ),
  key: external({ kind: 'bearer' }, SVIX_API, 'Authorization: Bearer, here with the tenant’s key'),
  idempotent: external(true, SVIX_API, 'the libraries send an idempotency-key with every POST'),
  refusal: refusalSchema,
  refuse,
  routes: routes.map(guarded),
};
