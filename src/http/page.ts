import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express, NextFunction, Request, Response } from 'express';
import { AppError } from '../errors.js';
import type { Doorkeeper } from './auth.js';

export interface PageOptions {
  /** Where the build lies; read once, at the first request. */
  folder: URL | string;
  /** Whether a browser on this machine gets the operator's session unasked. */
  unasked: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;
/** What a proxy adds: whoever asks through one is not on this machine. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** The dashboard's files, and its first page for every path that a browser asks to see. */
export function mountPage(app: Express, { folder, unasked }: PageOptions, door: Doorkeeper): void {
  let files: ReadonlyMap<string, Buffer> | undefined;
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    files ??= readFolder(folder instanceof URL ? fileURLToPath(folder) : folder);
    const file = files.get(request.path);
    if (file && request.path !== '/index.html') {
      const hashed = request.path.startsWith('/assets/');
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      return send(request, response, { bytes: file, type: TYPES[extname(request.path)] });
    }
    if (request.path !== '/' && !isPage(request)) return next();
    const index = files.get('/index.html');
    if (!index) throw new AppError('not_found', 'The page is not built here; npm run build builds it.');
    response.setHeader('Cache-Control', 'no-cache');
    response.vary('Accept');
    if (unasked && door.operator && isThisMachine(request))
      door.cookies.give(request, response, door.operator);
    send(request, response, { bytes: index, type: TYPES['.html'] });
  });
}

function isPage(request: Request): boolean {
  const { path } = request;
  return !/^\/(?:api|assets)\//.test(path) && /text\/html/.test(request.get('accept') ?? '');
}

/** By the name it asks for, which a name that was rebound to this machine is not, and by where it comes from. */
function isThisMachine(request: Request): boolean {
  const from = request.socket.remoteAddress ?? '';
  return (
    LOOPBACK_HOST.test(request.get('host') ?? '') &&
    /^(?:::1$|(?:::ffff:)?127\.)/.test(from) &&
    FORWARDED.every((name) => request.get(name) === undefined)
  );
}

function send(
  request: Request,
  response: Response,
  { bytes, type = 'application/octet-stream' }: { bytes: Buffer; type: string | undefined },
): void {
  response.locals.route = 'page';
  response.status(200).setHeader('Content-Type', type);
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Every file by its path; few and small, so that they are kept. Nothing when there is no build. */
function readFolder(root: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  if (!existsSync(`${root}/assets`)) return files;
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    if (extname(name) in TYPES) files.set(`/${name.replaceAll('\\', '/')}`, readFileSync(`${root}/${name}`));
  return files;
}
