import type { Request, Response } from 'express';
import { AppError } from '../../errors.js';
import type { DoorRoute, FrontDoor } from '../../providers/front-door.js';
import type { Port } from '../../providers/port.js';
import type { Services } from '../../services/services.js';
import type { Standing } from './table.js';

/** Whoever was let in at a door. */
export interface Admitted {
  /** Empty at an open route, like `keyId`. */
  key: string;
  keyId: string;
  /** The only one a pass is for; null for a key. */
  application: string | null;
  port: Port;
}

/** @throws AppError `unauthorized`, `read_only_key` */
export async function admit(
  { profile, door }: Standing,
  route: DoorRoute,
  services: Services,
  request: Request,
): Promise<Admitted> {
  const nobody = { id: '', slug: '', name: '' };
  if (route.open)
    return { key: '', keyId: '', application: null, port: services.doors.port(nobody, profile) };
  const key = keyIn(door, request);
  const holder = key === null ? null : await holderOf(key, profile.id, services);
  if (key === null || holder === null)
    throw new AppError('unauthorized', 'The key is missing or not known here.');
  if (holder.scope === 'read' && (route.secret || (route.method !== 'get' && !route.reads)))
    throw new AppError('read_only_key', 'The key has the scope "read"; use one with the scope "write".');
  const tenant = { id: holder.tenantId, slug: holder.slug, name: holder.slug };
  const { keyId, application } = holder;
  return { key, keyId, application, port: services.doors.port(tenant, profile) };
}

async function holderOf(key: string, provider: string, { keys, doors }: Services) {
  const holder = await keys.authenticate(key);
  return holder ? { ...holder, application: null } : doors.passes.authenticate(key, provider);
}

/** Tells every answer from here on where its caller stands. @throws AppError `rate_limited` for one too many. */
export async function countRequest(
  { profile, door, mount }: Standing,
  { keyId, port }: Admitted,
  services: Services,
  response: Response,
): Promise<void> {
  if (!door.limit || keyId === '') return;
  const { environment, path } = mount;
  const limit = door.limit({ environment, settings: await port.settings() });
  if (limit === null) return;
  const count = await services.doors.limits.count(port.tenant.id, `${path} ${keyId}`, limit);
  response.setHeader('X-RateLimit-Limit', limit.requests);
  response.setHeader('X-RateLimit-Remaining', count.remaining);
  response.setHeader('X-RateLimit-Reset', Math.ceil(count.resetAtMs / 1000));
  if (!count.exceeded) return;
  const seconds = limit.windowMs / 1000;
  throw new AppError(
    'rate_limited',
    `${profile.name} takes ${limit.requests} requests in ${seconds} seconds of a key.`,
  );
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

function keyIn({ key }: FrontDoor, request: Request): string | null {
  const { value } = key;
  const named = value.kind === 'header' ? request.get(value.header) : undefined;
  if (named !== undefined || (value.kind === 'header' && !value.orBearer)) return named ?? null;
  return BEARER.exec(request.get('authorization') ?? '')?.[1] ?? null;
}
