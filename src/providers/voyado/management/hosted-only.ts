import { type DoorMethod, DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import { at, claim } from './route.js';

/** What hosted Svix offers and its open-source server does not; here neither. */
const PATHS: readonly (readonly [method: DoorMethod, path: string])[] = [
  ['get', '/background-task'],
  ['get', '/background-task/{task_id}'],
  ['post', '/app/{app_id}/endpoint/{endpoint_id}/bulk-replay'],
  ['get', '/app/{app_id}/endpoint/{endpoint_id}/transformation'],
  ['patch', '/app/{app_id}/endpoint/{endpoint_id}/transformation'],
  ['post', '/app/{app_id}/msg/precheck/active'],
  ['post', '/app/{app_id}/msg/bulk-expunge'],
  ['post', '/app/{app_id}/msg/expunge-all-contents'],
  ['get', '/app/{app_id}/integration'],
  ['post', '/app/{app_id}/integration'],
  ['get', '/app/{app_id}/integration/{integ_id}'],
  ['put', '/app/{app_id}/integration/{integ_id}'],
  ['delete', '/app/{app_id}/integration/{integ_id}'],
  ['get', '/app/{app_id}/integration/{integ_id}/key'],
  ['post', '/app/{app_id}/integration/{integ_id}/key/rotate'],
  ['get', '/app/{app_id}/poller/{sink_id}'],
  ['get', '/app/{app_id}/poller/{sink_id}/consumer/{consumer_id}'],
  ['post', '/app/{app_id}/poller/{sink_id}/consumer/{consumer_id}/seek'],
  ['post', '/event-type/import/openapi'],
  ['post', '/environment/export'],
  ['post', '/environment/import'],
  ['post', '/stats/usage/app'],
  ['put', '/stats/usage/event-types'],
  ['post', '/auth/app/{app_id}/expire-all'],
];

/** A code path that calls one of these hears that it is known, and that Ringer does not do it. */
export const hostedOnly: readonly DoorRoute[] = PATHS.map(([method, path]) =>
  doorRoute({
    method,
    path: at(path),
    summary: 'Not implemented: offered by hosted Svix alone',
    claim: claim('not among the routes of the open-source server'),
    answers: { 501: { description: 'Not implemented.' } },
    handle: () => {
      throw new DoorRefusal(501, 'not_implemented', 'This API endpoint is not implemented by Ringer.');
    },
  }),
);
