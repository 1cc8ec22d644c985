import type { Request, Response } from 'express';
import { AppError } from '../errors.js';
import { SESSION_MS, type SessionHolder, type SessionsService } from '../services/sessions.js';
import type { Session } from './caller.js';

/** The page's session: a cookie that scripts cannot read and other sites cannot send. */
export interface Cookies {
  /** Null without one that holds here. @throws AppError `origin_refused` */
  read(request: Request): Promise<{ holder: SessionHolder; session: Session } | null>;
  /** @returns when it ends. */
  give(request: Request, response: Response, holder: SessionHolder): string;
  /** Also ends the streams that it opened here. */
  clear(request: Request, response: Response): void;
}

export function sessionCookies(sessions: SessionsService): Cookies {
  return {
    async read(request) {
      const host = request.get('host');
      const token = host === undefined ? null : cookieIn(request, nameFor(host));
      if (host === undefined || token === null) return null;
      refuseOtherOrigins(request);
      const found = await sessions.read(token, host);
      return found && { holder: found.holder, session: { token, expiresAt: found.expiresAt } };
    },
    give(request, response, holder) {
      const host = request.get('host') ?? '';
      const { token, expiresAt } = sessions.open(holder, host);
      setCookie(request, response, { token, seconds: SESSION_MS / 1_000 });
      return expiresAt;
    },
    clear(request, response) {
      const token = cookieIn(request, nameFor(request.get('host') ?? ''));
      if (token !== null) sessions.end(token);
      setCookie(request, response, { token: '', seconds: 0 });
    },
  };
}

/** What a browser says of where a request comes from has to be this very host. @throws AppError `origin_refused` */
export function refuseOtherOrigins(request: Request): void {
  const origin = request.get('origin');
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const site = request.get('sec-fetch-site');
  const same =
    origin === undefined
      ? reads && (site === undefined || site === 'same-origin' || site === 'none')
      : /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === request.get('host');
  if (!same)
    throw new AppError(
      'origin_refused',
      'A request with the page’s cookie must come from the page: Origin and Host have to match. Send a key as a bearer instead.',
    );
}

function setCookie(
  request: Request,
  response: Response,
  { token, seconds }: { token: string; seconds: number },
): void {
  const secure = request.get('origin')?.startsWith('https:') ? '; Secure' : '';
  response.append(
    'Set-Cookie',
    `${nameFor(request.get('host') ?? '')}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  );
}

/** Cookies do not tell ports apart, so that the name does: two servers on one machine keep their sessions. */
function nameFor(host: string): string {
  return `ringer-session-${/:(\d+)$/.exec(host)?.[1] ?? 'default'}`;
}

function cookieIn(request: Request, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return null;
}
