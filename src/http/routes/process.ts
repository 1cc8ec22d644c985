import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { Services } from '../../services/services.js';
import type { Doorkeeper } from '../auth.js';
import type { Metrics } from '../metrics.js';
import { type Route, route } from '../route.js';

const health = z.object({ status: z.literal('ok'), version: z.string() });
const readinessAnswer = z.object({
  ready: z.boolean(),
  checks: z.object({
    database: z.boolean(),
    migrated: z.boolean(),
    writable: z.boolean(),
    dispatcher: z.boolean(),
  }),
});

export interface ProcessOptions {
  version: string;
  metrics: Metrics;
  /** Whether only this machine can ask. */
  loopback: boolean;
  door: Doorkeeper;
  /** The whole document, as JSON text. */
  document(): string;
}

/** What belongs to the process and not to a tenant. */
export function processRoutes({ readiness }: Pick<Services, 'readiness'>, options: ProcessOptions): Route[] {
  const shared = { tag: 'Process', access: 'open' as const };
  return [
    route({
      ...shared,
      method: 'get',
      path: '/healthz',
      summary: 'The process runs',
      answers: { 200: { description: 'It does.', schema: health } },
      handle: () => ({ body: { status: 'ok', version: options.version } }),
    }),
    route({
      ...shared,
      method: 'get',
      path: '/readyz',
      summary: 'Database reached, migrated and writable, and somebody dispatches',
      answers: {
        200: { description: 'Ready.', schema: readinessAnswer },
        503: { description: 'Not ready; the checks say why.', schema: readinessAnswer },
      },
      async handle() {
        const body = await readiness.check();
        return { status: body.ready ? 200 : 503, body };
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
      handle: () => ({ bytes: Buffer.from(options.document()), type: 'application/json; charset=utf-8' }),
    }),
    route({
      ...shared,
      method: 'get',
      path: '/metrics',
      summary: 'Prometheus metrics; open on loopback, else the operator’s',
      answers: { 200: { description: 'Text format.', types: ['text/plain'] } },
      async handle({ request }) {
        if (!options.loopback && (await options.door.identify(request)).kind !== 'operator')
          throw new AppError('operator_only', 'Use the operator’s token for this.');
        const registry = await options.metrics();
        return { bytes: Buffer.from(await registry.metrics()), type: registry.contentType };
      },
    }),
  ];
}
