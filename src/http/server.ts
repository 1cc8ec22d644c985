import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { AllServices } from '../checks/with-checks.js';
import { AppError } from '../errors.js';
import type { WallClock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import { type Random, systemRandom } from '../lib/random.js';
import { doorkeeper } from './auth.js';
import { mountFrontDoors } from './doors/mount.js';
import { frontDoorRoutes } from './doors/table.js';
import { type Metrics, measureRequests, requestMetrics } from './metrics.js';
import { mountRoutes } from './mount.js';
import { openApiDocument } from './openapi.js';
import { mountPage, type PageOptions } from './page.js';
import { renderProblems } from './problem.js';
import type { Route } from './route.js';
import { catalogueRoutes } from './routes/catalogue.js';
import { checkRoutes } from './routes/checks.js';
import { deliveryRoutes } from './routes/deliveries.js';
import { eventRoutes } from './routes/events.js';
import { faultRoutes } from './routes/faults.js';
import { planRoutes } from './routes/plans.js';
import { processRoutes } from './routes/process.js';
import { sessionRoutes } from './routes/session.js';
import { settingsRoutes } from './routes/settings.js';
import { subscriptionRoutes } from './routes/subscriptions.js';
import { tenantRoutes } from './routes/tenants.js';
import { worldRoutes } from './routes/world.js';

export interface HttpOptions {
  /** Null = nobody is the operator. */
  adminToken: string | null;
  version: string;
  log: Log;
  wall: WallClock;
  /** Whether only this machine can ask: `/metrics` is open then. */
  loopback: boolean;
  /** Gauges of the rest of the process; requests are measured into it. Default: a new one. */
  metrics?: Metrics;
  /** Ends every stream when it aborts. */
  closing?: AbortSignal;
  /** Real milliseconds between two comments in a stream; default 15 s. */
  heartbeatMs?: number;
  random?: Random;
  /** The built dashboard; left out: none is served. */
  page?: PageOptions;
  /** False: health, readiness and metrics only, for a process that takes no requests. Default true. */
  api?: boolean;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The whole HTTP face, on no port yet. */
export function createHttpApp(services: AllServices, options: HttpOptions): Express {
  const { measure, metrics } = measureRequests(options.metrics ?? requestMetrics(), options.wall);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(nameRequests(options.random ?? systemRandom()));
  app.use(measure);
  app.use(
    helmet({
      // On plain http both would lock a browser out of a server that has no https.
      strictTransportSecurity: false,
      // The page brings everything itself, and nobody frames it.
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          objectSrc: ["'none'"],
        },
      },
      frameguard: { action: 'deny' },
    }),
  );
  const door = doorkeeper(services, options.adminToken);
  let document: string | undefined;
  const routes: Route[] = [
    ...processRoutes(services, {
      version: options.version,
      metrics,
      loopback: options.loopback,
      door,
      document: () => (document ??= JSON.stringify(openApiDocument(routes, options.version))),
    }),
    ...(options.api === false
      ? []
      : [...sessionRoutes({ door, version: options.version }), ...apiRoutes(services, options)]),
  ];
  mountRoutes(app, routes, services, door);
  const doors = options.api === false ? [] : frontDoorRoutes(services.catalogue);
  if (doors.length > 0) {
    const { log, random = systemRandom() } = options;
    mountFrontDoors(app, services, { log, random, readiness: services.readiness });
    routes.push(...doors);
  }
  if (options.page && options.api !== false) mountPage(app, options.page, door);
  app.use((request: Request) => {
    throw new AppError(
      'not_found',
      `There is nothing at ${request.path.slice(0, 200)}; /openapi.json lists what there is.`,
    );
  });
  app.use(renderProblems({ log: options.log, readiness: services.readiness }));
  app.locals.routes = routes;
  return app;
}

function apiRoutes(services: AllServices, { closing, heartbeatMs, wall }: HttpOptions): Route[] {
  return [
    ...catalogueRoutes(services),
    ...tenantRoutes(services),
    ...settingsRoutes(services),
    ...subscriptionRoutes(services),
    ...eventRoutes(services),
    ...deliveryRoutes(services),
    ...planRoutes(services),
    ...faultRoutes(services),
    ...checkRoutes(services),
    ...worldRoutes(services, {
      wall,
      ...(closing ? { closing } : {}),
      ...(heartbeatMs ? { heartbeatMs } : {}),
    }),
  ];
}

/** The table behind an app: for its document's test and the tenant matrix. */
export function routesOf(app: Express): readonly Route[] {
  return app.locals.routes as Route[];
}

function nameRequests(random: Random) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = request.get('x-request-id');
    const made = () => `req_${Buffer.from(random.bytes(12)).toString('hex')}`;
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : made();
    response.locals.requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}
