import { z } from 'zod';
import { type DoorCall, type DoorRoute, doorRoute } from '../../front-door.js';
import { svixId, uuidOfSvixId } from '../svix-ids.js';
import { applicationIn } from './application.js';
import {
  changeEndpoint,
  createEndpoint,
  type EndpointPlace,
  endpointFields,
  endpointIn,
  endpointShape,
  findEndpoint,
  headersField,
  secretField,
  shownEndpoint,
} from './endpoint.js';
import { missingTypes } from './event-type.js';
import { listOf, orderedPageQuery, pageOf } from './paging.js';
import { at, claim } from './route.js';

type Call = Pick<DoorCall, 'port' | 'environment' | 'params'>;

/** The endpoints of the application that a path names. @throws DoorRefusal 404 */
export async function placeIn({ port, environment, params }: Call): Promise<EndpointPlace> {
  const { key } = await applicationIn({ port, params });
  return {
    port,
    environment,
    application: key,
    unknownTypes: (types) => missingTypes(port, types),
  };
}

/** A page of the endpoints of a place. */
export function pageOfEndpoints(
  { port, environment, application }: EndpointPlace,
  query: z.output<typeof orderedPageQuery>,
) {
  return pageOf(query, {
    order: query.order ?? 'descending',
    locate: (id) => uuidOfSvixId('ep', id),
    read: (listing) => port.subscriptions.list({ application, environment, ...listing }),
    iteratorOf: ({ id }) => svixId('ep', id),
  });
}

const update = z.object(endpointFields);
const one = { 200: { description: 'As it is.', schema: endpointShape } };
const path = at('/app/{app_id}/endpoint/{endpoint_id}');

export const endpoints: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/endpoint'),
    summary: 'List the endpoints of an application',
    claim: claim(),
    query: orderedPageQuery,
    answers: { 200: { description: 'A page of them.', schema: listOf(endpointShape) } },
    handle: async (call) => {
      const { rows, rest } = await pageOfEndpoints(await placeIn(call), call.query);
      return { status: 200, body: { data: rows.map(shownEndpoint), ...rest } };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/app/{app_id}/endpoint'),
    summary: 'Create an endpoint',
    claim: claim(),
    body: update.extend({ ...secretField, ...headersField }).meta({ id: 'SvixEndpointIn' }),
    answers: { 201: { description: 'Created; its secret is at …/secret.', schema: endpointShape } },
    handle: async (call) => {
      const { endpoint, notices } = await createEndpoint(await placeIn(call), call.body);
      return { status: 201, body: shownEndpoint(endpoint), notices };
    },
  }),
  doorRoute({
    method: 'get',
    path,
    summary: 'Read an endpoint',
    claim: claim(),
    answers: one,
    handle: async (call) => ({
      status: 200,
      body: shownEndpoint(await endpointIn(await placeIn(call), call.params.endpoint_id)),
    }),
  }),
  doorRoute({
    method: 'put',
    path,
    summary: 'Replace an endpoint, or create it',
    claim: claim('what is created has the uid of the body, as in the open-source server'),
    body: update.meta({ id: 'SvixEndpointUpdate' }),
    answers: { ...one, 201: { description: 'Created.', schema: endpointShape } },
    handle: async (call) => {
      const place = await placeIn(call);
      const existing = await findEndpoint(place, call.params.endpoint_id ?? '');
      const { endpoint, notices } = existing
        ? await changeEndpoint(place, existing, { input: call.body, whole: true })
        : await createEndpoint(place, call.body);
      return { status: existing ? 200 : 201, body: shownEndpoint(endpoint), notices };
    },
  }),
  doorRoute({
    method: 'patch',
    path,
    summary: 'Change an endpoint',
    claim: claim('a secret holds at once; null makes a new one'),
    body: update.partial().extend(secretField).meta({ id: 'SvixEndpointPatch' }),
    answers: one,
    handle: async (call) => {
      const place = await placeIn(call);
      const before = await endpointIn(place, call.params.endpoint_id);
      const { endpoint, notices } = await changeEndpoint(place, before, { input: call.body, whole: false });
      return { status: 200, body: shownEndpoint(endpoint), notices };
    },
  }),
  doorRoute({
    method: 'delete',
    path,
    summary: 'Delete an endpoint',
    claim: claim('what waits for it is cancelled'),
    answers: { 204: { description: 'Gone.' } },
    handle: async (call) => {
      const { id } = await endpointIn(await placeIn(call), call.params.endpoint_id);
      await call.port.subscriptions.remove(id);
      return { status: 204 };
    },
  }),
];
