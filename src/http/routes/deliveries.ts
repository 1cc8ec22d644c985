import { once } from 'node:events';
import { AppError } from '../../errors.js';
import {
  attempt,
  attemptQuery,
  delivery,
  deliveryPage,
  deliveryQuery,
  exportQuery,
  loggedAttemptPage,
  loggedAttemptQuery,
} from '../../services/schemas/deliveries.js';
import { explained, plan, verifyInput } from '../../services/schemas/inspection.js';
import type { Services } from '../../services/services.js';
import { type Call, type Reply, type Route, route, TENANT } from '../route.js';

const ALL = `${TENANT}/deliveries`;
const ONE = `${ALL}/{id}`;
/** A body of 2 MiB in base64, and what goes with it. */
const VERIFY_BYTES = 4 * 1024 * 1024;
const NDJSON = 'application/x-ndjson';
const BYTES = 'application/octet-stream';

export function deliveryRoutes({
  deliveries,
  history,
  inspection,
}: Pick<Services, 'deliveries' | 'history' | 'inspection'>): Route[] {
  const shared = { tag: 'Deliveries', access: 'tenant' as const, id: 'dlv' as const };
  const one = { 200: { description: 'The delivery with its attempts.', schema: delivery } };
  const verb = (
    name: 'resend' | 'retry-now' | 'cancel',
    summary: string,
    act: typeof deliveries.resend,
  ): Route =>
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/${name}`,
      summary,
      answers: one,
      handle: async ({ tenantId, id }) => ({ body: await act(tenantId, id) }),
    });
  return [
    route({
      ...shared,
      method: 'get',
      path: ALL,
      summary: 'List deliveries, newest first, without their attempts',
      query: deliveryQuery,
      answers: { 200: { description: 'A page of deliveries.', schema: deliveryPage } },
      handle: async ({ tenantId, query }) => ({ body: await history.deliveries(tenantId, query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${ALL}/export`,
      summary: 'Every delivery that fits, one JSON document a line',
      query: exportQuery,
      answers: { 200: { description: 'Lines of JSON, newest first.', types: [NDJSON] } },
      handle: (call) => writeLines(call, history.exportDeliveries(call.tenantId, call.query)),
    }),
    route({
      ...shared,
      method: 'get',
      path: ONE,
      summary: 'One delivery with its attempts',
      answers: one,
      handle: async ({ tenantId, id }) => ({ body: await history.delivery(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${ONE}/attempts/{n}`,
      summary: 'One attempt; with part the exact bytes of its request or response',
      query: attemptQuery,
      answers: { 200: { description: 'The attempt, or the bytes.', schema: attempt, types: [BYTES] } },
      async handle({ tenantId, id, params, query }) {
        const number = numberIn(params.n);
        if (query.part === undefined) return { body: await history.attempt(tenantId, id, number) };
        return { bytes: await history.attemptBytes(tenantId, id, { number, part: query.part }), type: BYTES };
      },
    }),
    route({
      ...shared,
      method: 'post',
      path: `${ONE}/attempts/{n}/verify`,
      summary: 'How an attempt was signed, and why what was received of it verifies or not',
      body: verifyInput,
      bodyLimit: VERIFY_BYTES,
      answers: { 200: { description: 'The verdict and how it was found.', schema: explained } },
      handle: async ({ tenantId, id, params, body }) => ({
        body: await inspection.verify(tenantId, id, { number: numberIn(params.n), input: body }),
      }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${ONE}/plan`,
      summary: 'The schedule that holds for a delivery: each attempt’s instant since the first',
      answers: { 200: { description: 'The schedule.', schema: plan } },
      handle: async ({ tenantId, id }) => ({ body: await inspection.plan(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/attempts`,
      summary: 'List attempts of every delivery, newest first, as the stream tells them',
      query: loggedAttemptQuery,
      answers: { 200: { description: 'A page of attempts.', schema: loggedAttemptPage } },
      handle: async ({ tenantId, query }) => ({ body: await history.attempts(tenantId, query) }),
    }),
    verb('resend', 'One more attempt of a finished delivery: same body, same id', deliveries.resend),
    verb(
      'retry-now',
      'A waiting delivery goes now, and its schedule goes on from there',
      deliveries.retryNow,
    ),
    verb('cancel', 'Withdraw what waits or is held', deliveries.cancel),
  ];
}

function numberIn(text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new AppError('not_found', 'Attempts are numbered from 1.');
}

/** Read only as fast as the caller takes it, and no further once the caller is gone. */
async function writeLines({ request, response }: Call, lines: AsyncIterable<unknown>): Promise<Reply> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.status(200).setHeader('Content-Type', `${NDJSON}; charset=utf-8`);
  if (request.method !== 'HEAD') {
    for await (const line of lines) {
      if (gone.signal.aborted) return 'sent';
      if (!response.write(`${JSON.stringify(line)}\n`))
        await once(response, 'drain', { signal: gone.signal }).catch(() => {});
    }
  }
  response.end();
  return 'sent';
}
