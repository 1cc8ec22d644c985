import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { AppError } from '../errors.js';
import { publicId } from '../lib/ids.js';
import type { Services } from '../services/services.js';
import type { Caller } from './caller.js';
import type { Method, Route } from './route.js';

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

export interface Doorkeeper {
  /** @throws AppError `unauthorized` */
  identify(request: Request): Promise<Caller>;
  /**
   * Whether this caller may use this route, and in which tenant.
   * @returns the tenant's UUID; empty where the path has none.
   * @throws AppError `not_found` for any tenant but the caller's own, `operator_only`, `read_only_key`
   */
  admit(caller: Caller, route: Pick<Route, 'access' | 'method'>, tenant: string | undefined): Promise<string>;
}

/** @param adminToken null = nobody is the operator. */
export function doorkeeper(
  services: Pick<Services, 'keys' | 'tenants'>,
  adminToken: string | null,
): Doorkeeper {
  const operator = adminToken === null ? null : digest(adminToken);
  return {
    async identify(request) {
      const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined)
        throw new AppError('unauthorized', 'Send a key as "Authorization: Bearer <key>".');
      if (operator && timingSafeEqual(digest(token), operator)) return { kind: 'operator' };
      const holder = await services.keys.authenticate(token);
      if (!holder) throw new AppError('unauthorized', 'The key is not known here; it may have been revoked.');
      return { kind: 'tenant', ...holder };
    },
    async admit(caller, route, tenant) {
      const tenantId = tenant === undefined ? '' : await tenantFor(caller, tenant);
      if (route.access === 'operator' && caller.kind !== 'operator')
        throw new AppError('operator_only', 'Use the operator’s token for this.');
      if (caller.kind === 'tenant' && caller.scope === 'read' && changes(route.method))
        throw new AppError('read_only_key', 'The key has the scope "read"; use one with the scope "write".');
      return tenantId;
    },
  };

  async function tenantFor(caller: Caller, ref: string): Promise<string> {
    if (caller.kind === 'tenant') {
      if (ref === caller.slug || ref === publicId('ten', caller.tenantId)) return caller.tenantId;
    } else {
      const found = await services.tenants.resolve(ref);
      if (found) return found.id;
    }
    throw new AppError('not_found', 'There is no such tenant.');
  }
}

function changes(method: Method): boolean {
  return method !== 'get';
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
