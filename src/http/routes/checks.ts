import { checkRun, checkRunPage, checkStart, reportQuery } from '../../checks/schemas.js';
import type { AllServices } from '../../checks/with-checks.js';
import { utf8 } from '../../lib/bytes.js';
import { type Route, route, TENANT } from '../route.js';

const FILES = {
  json: { type: 'application/json; charset=utf-8', end: 'json' },
  junit: { type: 'application/xml; charset=utf-8', end: 'xml' },
  html: { type: 'text/html; charset=utf-8', end: 'html' },
} as const;

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
    route({
      ...one,
      method: 'get',
      path: `${TENANT}/checks/{id}/report`,
      summary: 'The report of a run as a file to keep',
      query: reportQuery,
      answers: {
        200: { description: 'The file.', types: ['text/html', 'application/xml', 'application/json'] },
      },
      handle({ tenantId, id, query, response }) {
        const { type, end } = FILES[query.format];
        const bytes = utf8(checks.report(tenantId, id, query.format));
        // Never shown in place: it tells what a stranger's server answered.
        response.setHeader('Content-Disposition', `attachment; filename="chk_${id}.${end}"`);
        return { bytes, type };
      },
    }),
  ];
}
