import { publicId } from '../../lib/ids.js';
import { type SessionResource, session, sessionInput } from '../../services/schemas/session.js';
import type { Doorkeeper } from '../auth.js';
import type { Caller } from '../caller.js';
import { refuseOtherOrigins } from '../cookies.js';
import { API, type Route, route } from '../route.js';

export interface SessionOptions {
  door: Doorkeeper;
  version: string;
}

/** How the page gets in without keeping a key where scripts can read it. */
export function sessionRoutes({ door, version }: SessionOptions): Route[] {
  const path = `${API}/session`;
  const shared = { tag: 'Session', path };
  const { cookies } = door;
  const show = (caller: Caller, expiresAt: string | null): SessionResource => ({
    kind: caller.kind === 'tenant' ? 'tenant' : 'operator',
    scope: caller.kind === 'tenant' ? caller.scope : 'write',
    tenant: caller.kind === 'tenant' ? { id: publicId('ten', caller.tenantId), slug: caller.slug } : null,
    expiresAt,
    version,
  });
  return [
    route({
      ...shared,
      method: 'post',
      access: 'open',
      summary: 'Turn a key into a cookie for the page',
      description:
        'The cookie is HttpOnly and SameSite=Strict, holds for 12 hours under this Host, and only with a matching Origin.',
      body: sessionInput,
      answers: { 201: { description: 'Who it speaks for.', schema: session } },
      async handle({ body, request, response }) {
        refuseOtherOrigins(request);
        const holder = await door.holderOf(body.key);
        return { body: show(holder, cookies.give(request, response, holder)) };
      },
    }),
    route({
      ...shared,
      method: 'get',
      access: 'caller',
      summary: 'Who asks, and until when',
      answers: { 200: { description: 'Who the cookie or the key speaks for.', schema: session } },
      handle: ({ caller }) => ({ body: show(caller, caller.session?.expiresAt ?? null) }),
    }),
    route({
      ...shared,
      method: 'delete',
      access: 'open',
      summary: 'Give the cookie back; streams that it opened end',
      answers: { 204: { description: 'It is gone.' } },
      handle({ request, response }) {
        refuseOtherOrigins(request);
        cookies.clear(request, response);
        return {};
      },
    }),
  ];
}
