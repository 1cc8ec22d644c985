import { checkRun, checkRunPage, checkStart } from '../../checks/schemas.js';
import type { AllServices } from '../../checks/with-checks.js';
import { type Route, route, TENANT } from '../route.js';

/** What a consumer bears: started here, read here. */
export function checkRoutes({ checks }: Pick<AllServices, 'checks'>): Route[] {
  const one = { tag: 'Checks', access: 'tenant' as const, id: 'chk' as const };
  return [
    route({
      ...one,
      method: 'post',
      path: `${TENANT}/checks`,
      summary: 'Check a consumer: of a subscription, or of a provider at a URL',
      description:
        'Answers at once; the run goes on. Hostile and broken requests go to loopback only. Runs are kept in memory.',
      body: checkStart,
      answers: { 201: { description: 'Started.', schema: checkRun } },
      handle: async ({ tenantId, body }) => ({ body: await checks.start(tenantId, body) }),
    }),
    route({
      ...one,
      method: 'get',
      path: `${TENANT}/checks`,
      summary: 'The latest runs of checks, newest first, without their reports',
      answers: { 200: { description: 'All that are kept.', schema: checkRunPage } },
      handle: ({ tenantId }) => ({ body: { data: checks.list(tenantId), nextCursor: null } }),
    }),
    route({
      ...one,
      method: 'get',
      path: `${TENANT}/checks/{id}`,
      summary: 'How far a run is, and in the end its report',
      answers: { 200: { description: 'The run.', schema: checkRun } },
      handle: ({ tenantId, id }) => ({ body: checks.read(tenantId, id) }),
    }),
  ];
}
