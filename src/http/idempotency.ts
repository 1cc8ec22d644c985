import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { AppError } from '../errors.js';
import { publicId } from '../lib/ids.js';
import type { Services } from '../services/services.js';
import type { Call, Reply, Route } from './route.js';

/** Where the operator's own requests stand. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Shown once: a kept answer is without them. */
const ONCE = ['secret', 'key'];

/** Runs a POST once per Idempotency-Key; the second time it is the first answer. */
export async function runOnce(
  services: Pick<Services, 'idempotency'>,
  route: Route,
  call: Call,
): Promise<Reply> {
  const key = route.method === 'post' && route.access !== 'open' ? idempotencyKeyIn(call.request) : undefined;
  if (key === undefined) return route.handle(call);
  const kept = (reply: Reply) => ({
    status: statusOf(route, reply),
    body: Buffer.from(JSON.stringify(withoutOnce(reply))),
  });
  const { tenantId, text, request } = call;
  const query = request.url.split('?')[1] ?? '';
  const done = await services.idempotency.once(
    {
      tenantId: tenantId || NOBODY,
      method: request.method,
      path: canonicalPath(route, call),
      key,
      hash: createHash('sha256').update(`${query}\n${text}`).digest(),
    },
    async (turn) =>
      route.handle({
        ...call,
        inside: (reply) => ({ inside: (client, result) => turn.keep(client, kept(reply(result))) }),
      }),
    kept,
  );
  if ('fresh' in done) return done.fresh;
  call.response.setHeader('Idempotency-Replayed', 'true');
  const { body, notices } = JSON.parse((done.kept.body ?? Buffer.from('{}')).toString('utf8')) as Kept;
  return { status: done.kept.status, body, ...(notices ? { notices } : {}) };
}

/** @throws AppError `invalid_request` */
export function idempotencyKeyIn(request: Request): string | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined || KEY.test(key)) return key;
  throw new AppError('invalid_request', 'The Idempotency-Key must be 1 to 255 visible ASCII characters.', [
    { path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' },
  ]);
}

interface Kept {
  body?: unknown;
  notices?: readonly string[];
}

function withoutOnce(reply: Reply): Kept {
  if (reply === 'sent' || 'bytes' in reply) return {};
  const { body, notices } = reply;
  if (typeof body !== 'object' || body === null) return { body, ...(notices ? { notices } : {}) };
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !ONCE.includes(name)));
  return { body: kept, ...(notices ? { notices } : {}) };
}

export function statusOf(route: Route, reply: Reply): number {
  const given = reply === 'sent' || 'bytes' in reply ? undefined : reply.status;
  return given ?? Number(Object.keys(route.answers)[0]);
}

/** The same for a tenant named by its id and by its slug. */
function canonicalPath(route: Route, { tenantId, params }: Call): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'tenant' ? publicId('ten', tenantId) : (params[name] ?? ''),
  );
}
