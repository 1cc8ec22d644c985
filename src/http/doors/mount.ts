import { createHash } from 'node:crypto';
import type { Express, NextFunction, Request, Response } from 'express';
import { AppError } from '../../errors.js';
import type { Random } from '../../lib/random.js';
import type { DoorCall, DoorReply, DoorRoute, FrontDoor } from '../../providers/front-door.js';
import type { KeptAnswer } from '../../services/idempotency.js';
import type { Services } from '../../services/services.js';
import { MAX_REQUEST_BYTES, readJson } from '../body.js';
import { expressPath } from '../express-path.js';
import { idempotencyKeyIn } from '../idempotency.js';
import { noticeLines } from '../notices.js';
import { type ProblemOptions, report } from '../problem.js';
import { admit, countRequest } from './admit.js';
import { parseAtDoor, refusalFrom, refusalOf, refuseUnstorable } from './refusals.js';
import { type Standing, standings } from './table.js';

export interface FrontDoorOptions extends ProblemOptions {
  random: Random;
}

/** Every door of every provider, each with its own refusals for what it does not offer. */
export function mountFrontDoors(app: Express, services: Services, options: FrontDoorOptions): void {
  const all = standings(services.catalogue);
  for (const standing of all) {
    const { door, mount } = standing;
    for (const route of door.routes)
      app[route.method](expressPath(mount.path + route.path), handlerOf(standing, route, services, options));
  }
  // The longer mount first: `/novamed-production` is no path under `/novamed`.
  for (const { door, mount } of all) {
    const paths = new Set(door.routes.map((route) => route.path));
    // `/msg/bulk-expunge` before `/msg/{msg_id}`, or the methods of another path would be told.
    for (const path of [...paths].sort((a, b) => namesIn(a) - namesIn(b))) {
      const methods = door.routes.filter((r) => r.path === path).map((r) => r.method.toUpperCase());
      app.route(expressPath(mount.path + path)).all((request, response) => {
        response.setHeader('Allow', methods.join(', '));
        const detail = `${request.method} is not offered here; ${methods.join(', ')} is.`;
        send(response, door.refuse(refusalOf(new AppError('method_not_allowed', detail))));
      });
    }
    app.use(mount.path, (request: Request, response: Response) => {
      const detail = `There is nothing at ${request.originalUrl.split('?')[0]!.slice(0, 200)}.`;
      send(response, door.refuse(refusalOf(new AppError('not_found', detail))));
    });
    // What the router refuses before any handler: a path that cannot be decoded.
    app.use(mount.path, (thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
      sendRefusal(door, thrown, options, { request, response }),
    );
  }
}

function namesIn(path: string): number {
  return path.split('{').length;
}

function handlerOf(standing: Standing, route: DoorRoute, services: Services, options: FrontDoorOptions) {
  const { door, mount } = standing;
  return async (request: Request, response: Response): Promise<void> => {
    response.locals.route = mount.path + route.path;
    try {
      const admitted = await admit(standing, route, services, request);
      const { key, application, port } = admitted;
      await countRequest(standing, admitted, services, response);
      refuseUnstorable('path', request.params);
      const query = parseAtDoor('query', route.query, { ...request.query });
      const { value, text } = route.body
        ? await readJson(request, response, { limit: MAX_REQUEST_BYTES, anyType: true })
        : { value: undefined, text: '' };
      const call: DoorCall = {
        port,
        environment: mount.environment,
        params: request.params as Record<string, string>,
        query,
        body: parseAtDoor('body', route.body, value),
        text,
        key,
        application,
        header: (name) => request.get(name),
        baseUrl: `${request.protocol}://${request.get('host') ?? 'localhost'}${mount.path}`,
        random: options.random,
      };
      send(response, await run(standing, route, services, { call, request, response }));
    } catch (thrown) {
      sendRefusal(door, thrown, options, { request, response });
    }
  };
}

function sendRefusal(
  door: FrontDoor,
  thrown: unknown,
  options: FrontDoorOptions,
  { request, response }: { request: Request; response: Response },
): void {
  const refusal = refusalFrom(thrown, options);
  if (refusal === null) report(options.log, thrown, request, response);
  send(response, door.refuse(refusal ?? refusalOf(new AppError('internal', 'Something went wrong here.'))));
}

/** Runs a POST once per Idempotency-Key where the door promises so; the second time it is the first answer. */
async function run(
  { door }: Standing,
  route: DoorRoute,
  { idempotency }: Services,
  { call, request, response }: { call: DoorCall; request: Request; response: Response },
): Promise<DoorReply> {
  const once = door.idempotent?.value && route.method === 'post' && !route.secret;
  const key = once ? idempotencyKeyIn(request) : undefined;
  if (key === undefined) return route.handle(call);
  const done = await idempotency.once(
    {
      tenantId: call.port.tenant.id,
      method: request.method,
      path: request.originalUrl.split('?')[0]!,
      key,
      hash: createHash('sha256')
        // Whoever holds a pass gets no answer that was given to others.
        .update(`${call.application ?? ''}\n${request.originalUrl.split('?')[1] ?? ''}\n${call.text}`)
        .digest(),
    },
    async (turn) =>
      route.handle({
        ...call,
        answer: (reply) => (client, result) => turn.keep(client, kept(reply(result))),
      }),
    kept,
  );
  if ('fresh' in done) return done.fresh;
  response.setHeader('Idempotency-Replayed', 'true');
  const { body } = JSON.parse((done.kept.body ?? Buffer.from('{}')).toString('utf8')) as { body?: unknown };
  return { status: done.kept.status, body };
}

function kept({ status, body }: DoorReply): KeptAnswer {
  return { status, body: Buffer.from(JSON.stringify({ body })) };
}

function send(response: Response, { status, body, headers = {}, notices = [] }: DoorReply): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (notices.length > 0) response.setHeader('Ringer-Notice', noticeLines(notices));
  if (body === undefined) {
    response.end();
    return;
  }
  if (!response.hasHeader('Content-Type'))
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
