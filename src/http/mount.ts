import type { Express, NextFunction, Request, Response } from 'express';
import { AppError } from '../errors.js';
import { parsePublicId } from '../lib/ids.js';
import { nothing, strict } from '../services/schemas/fields.js';
import { parseInput } from '../services/schemas/parse.js';
import type { Services } from '../services/services.js';
import type { Doorkeeper } from './auth.js';
import { MAX_REQUEST_BYTES, readJson } from './body.js';
import { expressPath } from './express-path.js';
import { runOnce, statusOf } from './idempotency.js';
import { noticeLines } from './notices.js';
import type { Call, Reply, Route } from './route.js';

const noQuery = strict({});

/** Puts every route of the table on the app, and an answer for every method that its paths do not offer. */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  services: Services,
  door: Doorkeeper,
): void {
  // One after the other is tried, a hundred of them.
  const ordered = routes.toSorted((a, b) => Number(b.often ?? false) - Number(a.often ?? false));
  for (const route of ordered) app[route.method](expressPath(route.path), handlerOf(route, services, door));
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    if (methods.includes('GET')) methods.push('HEAD');
    app.route(expressPath(path)).all(refuseMethod(methods));
  }
}

function handlerOf(route: Route, services: Services, door: Doorkeeper) {
  return async (request: Request, response: Response): Promise<void> => {
    response.locals.route = route.path;
    const params = request.params as Record<string, string>;
    const caller = route.access === 'open' ? ({ kind: 'nobody' } as const) : await door.identify(request);
    const tenantId = await door.admit(caller, route, params.tenant);
    const query = parseInput(route.query ?? noQuery, { ...request.query });
    const id = idIn(route, params);
    const { value, text } =
      route.method === 'get' || route.method === 'delete'
        ? { value: {}, text: '' }
        : await readJson(request, response, { limit: route.bodyLimit ?? MAX_REQUEST_BYTES });
    const body = parseInput(route.body ?? nothing, value);
    const inside = () => ({});
    const call: Call = { caller, tenantId, id, params, query, body, text, request, response, inside };
    send(route, await runOnce(services, route, call), call);
  };
}

/** An id of another form is an id that does not exist. */
function idIn(route: Route, params: Readonly<Record<string, string>>): string {
  if (!route.id || params.id === undefined) return '';
  const id = parsePublicId(route.id, params.id);
  if (id === null)
    throw new AppError('not_found', `There is nothing under this id; it has the form ${route.id}_<uuid>.`);
  return id;
}

function send(route: Route, reply: Reply, { response }: Call): void {
  if (reply === 'sent') return;
  if ('bytes' in reply) {
    response.status(statusOf(route, reply)).setHeader('Content-Type', reply.type);
    response.setHeader('Content-Length', reply.bytes.length);
    response.end(reply.bytes);
    return;
  }
  if (reply.notices && reply.notices.length > 0)
    response.setHeader('Ringer-Notice', noticeLines(reply.notices));
  response.status(statusOf(route, reply));
  if (reply.body === undefined) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(reply.body));
}

function refuseMethod(methods: readonly string[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.setHeader('Allow', methods.join(', '));
    if (request.method === 'OPTIONS') response.status(204).end();
    else
      next(
        new AppError(
          'method_not_allowed',
          `${request.method} is not offered here; ${methods.join(', ')} is.`,
        ),
      );
  };
}
