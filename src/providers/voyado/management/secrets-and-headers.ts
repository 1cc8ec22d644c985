import { z } from 'zod';
import { type DoorCall, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port, PortSubscription } from '../../port.js';
import { type EndpointPlace, endpointIn } from './endpoint.js';
import { placeIn } from './endpoints.js';
import { badRequest } from './errors.js';
import { secret } from './fields.js';
import { operationalPlace } from './operational-place.js';
import { at, claim } from './route.js';

const MAX_OLD_KEYS = 10;
const MAX_GRACE_SECONDS = 604_800;
const PREFIX = 'whsec_';
/** Names whose values are not shown again. */
const SENSITIVE = ['x-auth-token', 'www-authenticate', 'authorization'];

const secretShape = z.object({ key: z.string() }).meta({ id: 'SvixEndpointSecretOut' });
const headersShape = z
  .object({ headers: z.record(z.string(), z.string()), sensitive: z.array(z.string()) })
  .meta({ id: 'SvixEndpointHeadersOut' });
const headersInput = z
  .object({ headers: z.record(z.string(), z.string()) })
  .meta({ id: 'SvixEndpointHeadersIn' });

type Call = Pick<DoorCall, 'port' | 'environment' | 'params'>;
type Headers = Record<string, string>;

/** The one that signs first. */
async function currentKey(port: Port, { id }: PortSubscription): Promise<string> {
  const value = (await port.subscriptions.secrets(id))[0]?.value ?? '';
  return value.startsWith(PREFIX) ? value : PREFIX + value;
}

async function rotate(
  port: Port,
  { id }: PortSubscription,
  { key, gracePeriodSeconds: seconds }: { key?: string | null; gracePeriodSeconds?: number | null },
): Promise<void> {
  const old = (await port.subscriptions.secrets(id)).length - 1;
  if (old >= MAX_OLD_KEYS)
    throw badRequest('limit_reached', `You can only rotate a key ${MAX_OLD_KEYS} times while they overlap.`);
  await port.subscriptions.rotate(id, {
    ...(key ? { secret: key } : {}),
    ...(typeof seconds === 'number' ? { overlapMs: seconds * 1_000 } : {}),
  });
}

function shownHeaders({ headers }: PortSubscription): z.output<typeof headersShape> {
  const isSensitive = (name: string) => SENSITIVE.includes(name.toLowerCase());
  return {
    headers: Object.fromEntries(headers.filter(([name]) => !isSensitive(name))),
    sensitive: headers.map(([name]) => name).filter(isSensitive),
  };
}

/** @param given null takes one away. Names are one whatever their case. */
function patched(
  { headers }: PortSubscription,
  given: Readonly<Record<string, string | null>>,
  deleted: readonly string[],
): Headers {
  const changed = new Set([...Object.keys(given), ...deleted].map((name) => name.toLowerCase()));
  const kept = headers.filter(([name]) => !changed.has(name.toLowerCase()));
  const set = Object.entries(given).filter(([, value]) => value !== null);
  return Object.fromEntries([...kept, ...set]) as Headers;
}

/** Secret and headers of the endpoints under a path, of an application's and of the operational ones alike. */
function underEndpoint(base: string, placeOf: (call: Call) => Promise<EndpointPlace>): readonly DoorRoute[] {
  const endpoint = async (call: Call) => endpointIn(await placeOf(call), call.params.endpoint_id);
  return [
    doorRoute({
      method: 'get',
      path: `${base}/secret`,
      summary: 'Read the signing secret of an endpoint',
      claim: claim('a key that may only read, like a read-only token, gets none'),
      secret: true,
      answers: { 200: { description: 'The one that signs first.', schema: secretShape } },
      handle: async (call) => ({
        status: 200,
        body: { key: await currentKey(call.port, await endpoint(call)) },
      }),
    }),
    doorRoute({
      method: 'post',
      path: `${base}/secret/rotate`,
      summary: 'Rotate the signing secret of an endpoint',
      claim: claim('both sign for 24 hours unless another grace period is given'),
      body: z.object({
        key: secret.nullish(),
        gracePeriodSeconds: z.int().min(0).max(MAX_GRACE_SECONDS).nullish(),
      }),
      answers: { 204: { description: 'The new one signs from the next attempt on.' } },
      handle: async (call) => {
        await rotate(call.port, await endpoint(call), call.body);
        return { status: 204 };
      },
    }),
    doorRoute({
      method: 'get',
      path: `${base}/headers`,
      summary: 'Read the custom headers of an endpoint',
      claim: claim('what consumers put there may be credentials: a key that may only read gets none'),
      secret: true,
      answers: { 200: { description: 'Values of sensitive ones are left out.', schema: headersShape } },
      handle: async (call) => ({ status: 200, body: shownHeaders(await endpoint(call)) }),
    }),
    doorRoute({
      method: 'put',
      path: `${base}/headers`,
      summary: 'Set the custom headers of an endpoint',
      claim: claim(),
      body: headersInput,
      answers: { 204: { description: 'Sent from the next attempt on.' } },
      handle: async (call) => {
        await call.port.subscriptions.update((await endpoint(call)).id, { headers: call.body.headers });
        return { status: 204 };
      },
    }),
  ];
}

const application = at('/app/{app_id}/endpoint/{endpoint_id}');

export const secretsAndHeaders: readonly DoorRoute[] = [
  ...underEndpoint(application, placeIn),
  doorRoute({
    method: 'patch',
    path: `${application}/headers`,
    summary: 'Change some of the custom headers of an endpoint',
    claim: claim('the value null, or a name in deleteHeaders, takes one away'),
    body: z.object({
      headers: z.record(z.string(), z.string().nullable()).default({}),
      deleteHeaders: z.array(z.string()).default([]),
    }),
    answers: { 204: { description: 'Sent from the next attempt on.' } },
    handle: async (call) => {
      const endpoint = await endpointIn(await placeIn(call), call.params.endpoint_id);
      const { headers, deleteHeaders } = call.body;
      await call.port.subscriptions.update(endpoint.id, async (before) => ({
        headers: patched(before, headers, deleteHeaders),
      }));
      return { status: 204 };
    },
  }),
  ...underEndpoint(at('/operational-webhook/endpoint/{endpoint_id}'), operationalPlace),
];
