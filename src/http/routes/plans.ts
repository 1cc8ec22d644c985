import {
  planQuery,
  scenarioInput,
  scenarioRun,
  scenarioRunPage,
  schedule,
  scheduleInput,
  schedulePage,
} from '../../services/schemas/plans.js';
import type { Services } from '../../services/services.js';
import { type Reply, type Route, route, TENANT } from '../route.js';

const plainReply = (body: object): Reply => ({ body });

/** What is to be published later, on the tenant's clock. */
export function planRoutes({ scenarios, schedules }: Pick<Services, 'scenarios' | 'schedules'>): Route[] {
  const one = { tag: 'Scenarios', access: 'tenant' as const, id: 'scn' as const };
  const again = { tag: 'Schedules', access: 'tenant' as const, id: 'sch' as const };
  return [
    route({
      ...one,
      method: 'post',
      path: `${TENANT}/scenarios`,
      summary: 'Tell a life: its first event now, the others at their instants on the tenant’s clock',
      body: scenarioInput,
      answers: { 201: { description: 'Planned.', schema: scenarioRun } },
      handle: async ({ tenantId, body, inside }) =>
        plainReply(await scenarios.start(tenantId, body, inside(plainReply))),
    }),
    route({
      ...one,
      method: 'get',
      path: `${TENANT}/scenarios`,
      summary: 'Lives with events to come, newest first',
      query: planQuery,
      answers: { 200: { description: 'A page of them.', schema: scenarioRunPage } },
      handle: async ({ tenantId, query }) => ({ body: await scenarios.list(tenantId, query) }),
    }),
    route({
      ...one,
      method: 'get',
      path: `${TENANT}/scenarios/{id}`,
      summary: 'One life and what is to come of it',
      answers: { 200: { description: 'The life.', schema: scenarioRun } },
      handle: async ({ tenantId, id }) => ({ body: await scenarios.read(tenantId, id) }),
    }),
    route({
      ...one,
      method: 'delete',
      path: `${TENANT}/scenarios/{id}`,
      summary: 'Break it off: what is to come will not be published',
      answers: { 204: { description: 'Broken off.' } },
      async handle({ tenantId, id }) {
        await scenarios.stop(tenantId, id);
        return {};
      },
    }),
    route({
      ...again,
      method: 'post',
      path: `${TENANT}/schedules`,
      summary: 'Publish an event again and again, in cron terms on the tenant’s clock',
      body: scheduleInput,
      answers: { 201: { description: 'Planned.', schema: schedule } },
      handle: async ({ tenantId, body, inside }) =>
        plainReply(await schedules.add(tenantId, body, inside(plainReply))),
    }),
    route({
      ...again,
      method: 'get',
      path: `${TENANT}/schedules`,
      summary: 'List schedules, newest first',
      query: planQuery,
      answers: { 200: { description: 'A page of them.', schema: schedulePage } },
      handle: async ({ tenantId, query }) => ({ body: await schedules.list(tenantId, query) }),
    }),
    route({
      ...again,
      method: 'get',
      path: `${TENANT}/schedules/{id}`,
      summary: 'One schedule and its next turn',
      answers: { 200: { description: 'The schedule.', schema: schedule } },
      handle: async ({ tenantId, id }) => ({ body: await schedules.read(tenantId, id) }),
    }),
    route({
      ...again,
      method: 'delete',
      path: `${TENANT}/schedules/{id}`,
      summary: 'Remove it; what it published stays',
      answers: { 204: { description: 'Removed.' } },
      async handle({ tenantId, id }) {
        await schedules.remove(tenantId, id);
        return {};
      },
    }),
  ];
}
