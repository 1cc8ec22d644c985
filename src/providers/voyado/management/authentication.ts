import { z } from 'zod';
import { type DoorCall, DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import { findApplication } from './application.js';
import { inApplication } from './application-brought.js';
import { applicationInput } from './applications.js';
import { badRequest, notFound } from './errors.js';
import { at, claim } from './route.js';

const HOUR_SECONDS = 3_600;
const WEEK_SECONDS = 604_800;

const input = z
  .object({
    application: applicationInput.nullish(),
    expiry: z.int().min(HOUR_SECONDS).max(WEEK_SECONDS).nullish().meta({ description: 'Seconds.' }),
    readOnly: z.boolean().nullish(),
    featureFlags: z.array(z.string()).nullish(),
    capabilities: z.array(z.string()).nullish(),
    sessionId: z.string().max(256).nullish(),
  })
  .meta({ id: 'SvixAppPortalAccessIn' });

/** What is the organisation's own, though it lies in an application: as the open-source server has it. */
const NOT_BY_TOKEN = new Set([
  `put ${at('/app/{app_id}')}`,
  `patch ${at('/app/{app_id}')}`,
  `delete ${at('/app/{app_id}')}`,
  `post ${at('/app/{app_id}/msg')}`,
  `post ${at('/app/{app_id}/endpoint/{endpoint_id}/send-example')}`,
  `delete ${at('/app/{app_id}/msg/{msg_id}/content')}`,
  `delete ${at('/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content')}`,
  `post ${at('/auth/app-portal-access/{app_id}')}`,
]);
/** What lies in no application and is there for its consumers too. */
const BY_TOKEN = new Set([
  `get ${at('/event-type')}`,
  `get ${at('/event-type/{event_type_name}')}`,
  `post ${at('/auth/logout')}`,
]);

/** Holds whoever came with a token to its application. @throws DoorRefusal 403, 404 */
async function keepToApplication(
  { port, params, application }: DoorCall,
  { method, path }: DoorRoute,
): Promise<void> {
  const { app_id: ref } = params;
  const line = `${method} ${path}`;
  if (ref === undefined ? !BY_TOKEN.has(line) : NOT_BY_TOKEN.has(line))
    throw new DoorRefusal(
      403,
      'insufficient_access',
      'The token of an application does not reach this; use the key of the tenant.',
    );
  if (ref !== undefined && (await findApplication(port, ref))?.key !== application)
    throw notFound('Application');
}

/** The same route, for callers with a token too. */
export function guarded(route: DoorRoute): DoorRoute {
  return {
    ...route,
    async handle(call) {
      if (call.application !== null) await keepToApplication(call, route);
      return route.handle(call);
    },
  };
}

export const authentication: readonly DoorRoute[] = [
  doorRoute({
    method: 'post',
    path: at('/auth/app-portal-access/{app_id}'),
    summary: 'Make a token that reaches one application',
    claim: claim('the token works as a Bearer here; there is no portal behind the URL'),
    body: input,
    secret: true,
    answers: {
      200: {
        description: 'The token, this once.',
        schema: z.object({ url: z.string(), token: z.string() }).meta({ id: 'SvixAppPortalAccessOut' }),
      },
    },
    handle: (call) =>
      inApplication(call, call.body.application, async ({ key, id }) => {
        const { readOnly, expiry, featureFlags, capabilities } = call.body;
        const token = await call.port.passes.make({
          application: key,
          scope: readOnly ? 'read' : 'write',
          lifetimeMs: (expiry ?? WEEK_SECONDS) * 1_000,
        });
        const login = Buffer.from(JSON.stringify({ appId: id, token })).toString('base64');
        const narrowed = [...(featureFlags ?? []), ...(capabilities ?? [])].length > 0;
        return {
          status: 200,
          body: { url: `${call.baseUrl}/login#key=${login}`, token },
          notices: narrowed ? ['featureFlags and capabilities do not narrow what a token reaches.'] : [],
        };
      }),
  }),
  doorRoute({
    method: 'post',
    path: at('/auth/logout'),
    summary: 'End the token that this request is made with',
    claim: claim('a key of the tenant is no token and stays'),
    reads: true,
    answers: { 204: { description: 'It is no token any more.' } },
    handle: async ({ port, key }) => {
      if (!(await port.passes.revoke(key)))
        throw badRequest('invalid_token', 'Only the token of an application can be logged out.');
      return { status: 204 };
    },
  }),
];
