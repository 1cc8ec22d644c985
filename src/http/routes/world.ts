import {
  advanceAnswer,
  advanceInput,
  clockAnswer,
  clockInput,
  runAnswer,
} from '../../services/schemas/clock.js';
import { receiverAnswer, receiverInput, tenant } from '../../services/schemas/tenants.js';
import type { Services } from '../../services/services.js';
import { type Route, route, TENANT } from '../route.js';
import { followStream, type StreamOptions } from '../stream.js';

type Needed = 'clock' | 'keys' | 'receiver' | 'reset' | 'sessions' | 'stream' | 'tenants';

/** What belongs to a tenant as a whole: its clock, its receiver, its stream, its reset. */
export function worldRoutes(services: Pick<Services, Needed>, options: StreamOptions): Route[] {
  const { clock, receiver, reset, tenants } = services;
  const shared = { access: 'tenant' as const };
  const clockState = { 200: { description: 'The clock.', schema: clockAnswer } };
  const received = { 200: { description: 'Its URL and what it got.', schema: receiverAnswer } };
  return [
    route({
      ...shared,
      tag: 'Clock',
      method: 'get',
      path: `${TENANT}/clock`,
      summary: 'The tenant’s clock',
      answers: clockState,
      handle: async ({ tenantId }) => ({ body: await clock.read(tenantId) }),
    }),
    route({
      ...shared,
      tag: 'Clock',
      method: 'put',
      path: `${TENANT}/clock`,
      summary: 'Set the clock: system, scaled or manual',
      body: clockInput,
      answers: clockState,
      handle: async ({ tenantId, body }) => ({ body: await clock.put(tenantId, body) }),
    }),
    route({
      ...shared,
      tag: 'Clock',
      method: 'post',
      path: `${TENANT}/clock/advance`,
      summary: 'Move a standing clock through everything that falls due, and wait until it has settled',
      body: advanceInput,
      answers: {
        200: { description: 'What it did.', schema: advanceAnswer },
        202: { description: 'It goes on; the stream tells.', schema: runAnswer },
      },
      handle: ({ tenantId, body }) => clock.advance(tenantId, body),
    }),
    route({
      ...shared,
      tag: 'Receiver',
      method: 'get',
      path: `${TENANT}/receiver`,
      summary: 'The built-in receiver and what it got',
      answers: received,
      handle: ({ tenantId }) => ({ body: receiver.read(tenantId) }),
    }),
    route({
      ...shared,
      tag: 'Receiver',
      method: 'put',
      path: `${TENANT}/receiver`,
      summary: 'Choose what the built-in receiver answers, and how late',
      body: receiverInput,
      answers: received,
      handle: ({ tenantId, body }) => ({ body: receiver.put(tenantId, body) }),
    }),
    route({
      ...shared,
      tag: 'Tenants',
      method: 'get',
      path: `${TENANT}/stream`,
      summary: 'What happens, as it happens: server-sent events; Last-Event-ID resumes',
      answers: { 200: { description: 'A stream.', types: ['text/event-stream'] } },
      handle: (call) => followStream(services, call, options),
    }),
    route({
      ...shared,
      tag: 'Tenants',
      method: 'post',
      path: `${TENANT}/reset`,
      summary: 'Empty the tenant; it keeps its keys, and its clock goes back to the system’s',
      answers: { 200: { description: 'The tenant.', schema: tenant } },
      async handle({ tenantId }) {
        await reset.reset(tenantId);
        return { body: await tenants.read(tenantId) };
      },
    }),
  ];
}
