import { z } from 'zod';
import { type DoorRoute, doorRoute } from '../../front-door.js';
import type { PortSubscription } from '../../port.js';
import {
  changeEndpoint,
  commonFields,
  createEndpoint,
  endpointIn,
  findEndpoint,
  operationalShape,
  secretField,
  shownOperational,
} from './endpoint.js';
import { pageOfEndpoints } from './endpoints.js';
import { NEVER_TOLD, operationalPlace } from './operational-place.js';
import { listOf, orderedPageQuery } from './paging.js';
import { at, claim } from './route.js';

const update = z.object(commonFields);
const one = { 200: { description: 'As it is.', schema: operationalShape } };
const path = at('/operational-webhook/endpoint/{endpoint_id}');

function noticesOf({ events }: PortSubscription, given: readonly string[]): readonly string[] {
  const never = (events ?? []).filter((type) => NEVER_TOLD.includes(type));
  return never.length === 0 ? given : [...given, `Ringer never sends ${never.join(', ')}.`];
}

/** Endpoints that are told what becomes of the others: ordinary subscriptions of the application `operational`. */
export const operationalEndpoints: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/operational-webhook/endpoint'),
    summary: 'List operational webhook endpoints',
    claim: claim(),
    query: orderedPageQuery,
    answers: { 200: { description: 'A page of them.', schema: listOf(operationalShape) } },
    handle: async (call) => {
      const { rows, rest } = await pageOfEndpoints(await operationalPlace(call), call.query);
      return { status: 200, body: { data: rows.map(shownOperational), ...rest } };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/operational-webhook/endpoint'),
    summary: 'Create an operational webhook endpoint',
    claim: claim(),
    body: update.extend(secretField).meta({ id: 'SvixOperationalWebhookEndpointIn' }),
    answers: { 201: { description: 'Created.', schema: operationalShape } },
    handle: async (call) => {
      const { endpoint, notices } = await createEndpoint(await operationalPlace(call), call.body);
      return { status: 201, body: shownOperational(endpoint), notices: noticesOf(endpoint, notices) };
    },
  }),
  doorRoute({
    method: 'get',
    path,
    summary: 'Read an operational webhook endpoint',
    claim: claim(),
    answers: one,
    handle: async (call) => ({
      status: 200,
      body: shownOperational(await endpointIn(await operationalPlace(call), call.params.endpoint_id)),
    }),
  }),
  doorRoute({
    method: 'put',
    path,
    summary: 'Replace an operational webhook endpoint, or create it',
    claim: claim(),
    body: update.meta({ id: 'SvixOperationalWebhookEndpointUpdate' }),
    answers: { ...one, 201: { description: 'Created.', schema: operationalShape } },
    handle: async (call) => {
      const place = await operationalPlace(call);
      const existing = await findEndpoint(place, call.params.endpoint_id ?? '');
      const { endpoint, notices } = existing
        ? await changeEndpoint(place, existing, { input: call.body, whole: true })
        : await createEndpoint(place, call.body);
      return {
        status: existing ? 200 : 201,
        body: shownOperational(endpoint),
        notices: noticesOf(endpoint, notices),
      };
    },
  }),
  doorRoute({
    method: 'delete',
    path,
    summary: 'Delete an operational webhook endpoint',
    claim: claim(),
    answers: { 204: { description: 'Gone.' } },
    handle: async (call) => {
      const { id } = await endpointIn(await operationalPlace(call), call.params.endpoint_id);
      await call.port.subscriptions.remove(id);
      return { status: 204 };
    },
  }),
];
