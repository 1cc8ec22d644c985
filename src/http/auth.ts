import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { AppError } from '../errors.js';
import { publicId } from '../lib/ids.js';
import type { Services } from '../services/services.js';
import type { SessionHolder } from '../services/sessions.js';
import type { Caller } from './caller.js';
import { type Cookies, sessionCookies } from './cookies.js';
import type { Method, Route } from './route.js';

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

export interface Doorkeeper {
  /** By a key, else by the page's cookie. @throws AppError `unauthorized`, `origin_refused` */
  identify(request: Request): Promise<Caller>;
  /** Whom a key lets in. @throws AppError `unauthorized` */
  holderOf(key: string): Promise<SessionHolder>;
  /** The operator as a session's holder; null when nobody is. */
  operator: SessionHolder | null;
  cookies: Cookies;
  /**
   * Whether this caller may use this route, and in which tenant.
   * @returns the tenant's UUID; empty where the path has none.
   * @throws AppError `not_found` for any tenant but the caller's own, `operator_only`, `read_only_key`
   */
  admit(
    caller: Caller,
    route: Pick<Route, 'access' | 'method' | 'often'>,
    tenant: string | undefined,
  ): Promise<string>;
}

/** @param adminToken null = nobody is the operator. */
export function doorkeeper(
  services: Pick<Services, 'keys' | 'tenants' | 'sessions'>,
  adminToken: string | null,
): Doorkeeper {
  const operator = adminToken === null ? null : digest(adminToken);
  const asOperator = operator && { kind: 'operator' as const, tokenDigest: operator.toString('hex') };
  const cookies = sessionCookies(services.sessions);
  const stillHolds = (holder: SessionHolder) =>
    holder.kind === 'tenant' || holder.tokenDigest === asOperator?.tokenDigest;

  async function holderOf(key: string): Promise<SessionHolder> {
    if (asOperator && timingSafeEqual(digest(key), operator)) return asOperator;
    const holder = await services.keys.authenticate(key);
    if (!holder) throw new AppError('unauthorized', 'The key is not known here; it may have been revoked.');
    return { kind: 'tenant', ...holder };
  }

  return {
    async identify(request) {
      const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
      if (token !== undefined) return callerOf(await holderOf(token));
      const found = request.headers.authorization === undefined ? await cookies.read(request) : null;
      if (found && stillHolds(found.holder)) return { ...callerOf(found.holder), session: found.session };
      throw new AppError('unauthorized', 'Send a key as "Authorization: Bearer <key>".');
    },
    holderOf,
    operator: asOperator,
    cookies,
    async admit(caller, route, tenant) {
      const tenantId = tenant === undefined ? '' : await tenantFor(caller, tenant, route);
      if (route.access === 'operator' && caller.kind !== 'operator')
        throw new AppError('operator_only', 'Use the operator’s token for this.');
      if (caller.kind === 'tenant' && caller.scope === 'read' && changes(route.method))
        throw new AppError('read_only_key', 'The key has the scope "read"; use one with the scope "write".');
      return tenantId;
    },
  };

  async function tenantFor(caller: Caller, ref: string, { often }: Pick<Route, 'often'>): Promise<string> {
    if (caller.kind === 'tenant') {
      if (ref === caller.slug || ref === publicId('ten', caller.tenantId)) return caller.tenantId;
    } else {
      const { tenants } = services;
      const id = often ? await tenants.idOf(ref) : (await tenants.resolve(ref))?.id;
      if (id) return id;
    }
    throw new AppError('not_found', 'There is no such tenant.');
  }
}

function callerOf(holder: SessionHolder): Caller {
  return holder.kind === 'operator' ? { kind: 'operator' } : holder;
}

function changes(method: Method): boolean {
  return method !== 'get';
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
