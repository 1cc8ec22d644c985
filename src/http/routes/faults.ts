import type { AddedFault } from '../../services/faults.js';
import {
  challenge,
  challengeInput,
  type FaultInput,
  fault,
  faultInput,
  faultPage,
  faultQuery,
  provedTarget,
} from '../../services/schemas/faults.js';
import type { Services } from '../../services/services.js';
import { type Reply, type Route, route, TENANT } from '../route.js';

/** What the sender does wrong on purpose, and who may be sent the worst of it. */
export function faultRoutes({ faults, challenges }: Pick<Services, 'faults' | 'challenges'>): Route[] {
  const shared = { tag: 'Faults', access: 'tenant' as const, id: 'flt' as const };
  const added = ({ fault: body, notices }: AddedFault): Reply => ({ body, notices });
  return [
    route({
      ...shared,
      method: 'post',
      path: `${TENANT}/faults`,
      summary: 'Misbehave on purpose: in the whole tenant or at one subscription',
      description:
        'Hostile and broken faults go to loopback, or to a target that answered its challenge. One that makes no sense for the provider is refused with the reason.',
      body: faultInput,
      answers: { 201: { description: 'From the next attempt on.', schema: fault } },
      handle: async ({ tenantId, body, inside }) =>
        added(await faults.add(tenantId, body as unknown as FaultInput, inside(added))),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/faults`,
      summary: 'List faults, newest first, those of single events among them',
      query: faultQuery,
      answers: { 200: { description: 'A page of them.', schema: faultPage } },
      handle: async ({ tenantId, query }) => ({ body: await faults.list(tenantId, query) }),
    }),
    route({
      ...shared,
      method: 'delete',
      path: `${TENANT}/faults`,
      summary: 'Behave again: remove every fault',
      answers: { 204: { description: 'Removed. What was put off keeps its instant.' } },
      async handle({ tenantId }) {
        await faults.reset(tenantId);
        return {};
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/faults/{id}`,
      summary: 'One fault and how often it had its turn',
      answers: { 200: { description: 'The fault.', schema: fault } },
      handle: async ({ tenantId, id }) => ({ body: await faults.read(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'delete',
      path: `${TENANT}/faults/{id}`,
      summary: 'Remove one fault',
      answers: { 204: { description: 'Removed. What was put off keeps its instant.' } },
      async handle({ tenantId, id }) {
        await faults.remove(tenantId, id);
        return {};
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/challenge`,
      summary: 'The token by which a target proves that it belongs to this tenant',
      answers: { 200: { description: 'The token, and the targets that answered it.', schema: challenge } },
      handle: async ({ tenantId }) => ({ body: await challenges.read(tenantId) }),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${TENANT}/challenge`,
      summary: 'Ask a target for the token, so that hostile and broken faults may go there for 24 hours',
      body: challengeInput,
      answers: { 200: { description: 'It answered.', schema: provedTarget } },
      handle: async ({ tenantId, body }) => ({ body: await challenges.prove(tenantId, body.url) }),
    }),
  ];
}
