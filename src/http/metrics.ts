import type { NextFunction, Request, Response } from 'express';
import type { Registry } from 'prom-client';
import type { WallClock } from '../lib/clock.js';

/** Where a process counts; made when it is first asked for, because its library is slow to load. */
export type Metrics = () => Promise<Registry>;

/** A process that counts its requests and nothing else. */
export function requestMetrics(): Metrics {
  let made: Promise<Registry> | undefined;
  return () => (made ??= import('prom-client').then(({ Registry }) => new Registry()));
}

/**
 * Counts requests by route as declared, never by path: ids would make a series each.
 * @returns what to mount, and the same metrics with the requests among them.
 */
export function measureRequests(counted: Metrics, wall: WallClock) {
  let made: ReturnType<typeof makeHistogram> | undefined;
  const histogram = () => (made ??= makeHistogram(counted));
  const measure = (request: Request, response: Response, next: NextFunction): void => {
    const startedMs = wall.monotonic();
    response.once('finish', () => {
      const seconds = (wall.monotonic() - startedMs) / 1000;
      const route = String(response.locals.route ?? 'none');
      const labels = { method: request.method, route, status: response.statusCode };
      void histogram().then((requests) => requests.observe(labels, seconds));
    });
    next();
  };
  const metrics: Metrics = async () => {
    await histogram();
    return counted();
  };
  return { measure, metrics };
}

async function makeHistogram(metrics: Metrics) {
  const [{ Histogram }, registry] = await Promise.all([import('prom-client'), metrics()]);
  return new Histogram({
    name: 'ringer_http_request_seconds',
    help: 'Time to answer a request of the API, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
}
