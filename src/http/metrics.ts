import type { NextFunction, Request, Response } from 'express';
import { Histogram, type Registry } from 'prom-client';
import type { WallClock } from '../lib/clock.js';

/** Requests by route as declared, never by path: ids would make a series each. */
export function measureRequests(registry: Registry, wall: WallClock) {
  const seconds = new Histogram({
    name: 'ringer_http_request_seconds',
    help: 'Time to answer a request of the API, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedMs = wall.monotonic();
    response.once('finish', () => {
      const route = String(response.locals.route ?? 'none');
      seconds.observe(
        { method: request.method, route, status: response.statusCode },
        (wall.monotonic() - startedMs) / 1000,
      );
    });
    next();
  };
}
