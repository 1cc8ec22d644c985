import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type Answer, answerTo, Refusal } from '../arrived.js';
import { BODY_LIMIT, EFFECTS_PATH, HOOK_PATH, type Listening, listen } from '../listen.js';
import type { Hook } from '../receive.js';

export interface NodeChoices {
  /** @throws when the body does not come whole. */
  readBody?(req: IncomingMessage): Promise<Buffer>;
  /** Around the whole of a request to the hook. */
  around?(serve: () => Promise<void>): Promise<void>;
  /** What ends the process: here all of its sockets close, and nobody listens any more. */
  fatal?(error: unknown): boolean;
}

/** node:http and nothing else. */
export function onNode(
  hook: Hook,
  { readBody = wholeBody, around = (serve) => serve(), fatal = () => false }: NodeChoices = {},
): Promise<Listening> {
  const server = createServer();
  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    try {
      const body = await readBody(req);
      const headers = req.headers as Record<string, string>;
      send(res, await hook.receive({ headers, rawHeaders: req.rawHeaders, body }));
    } catch (error) {
      if (!fatal(error)) return send(res, answerTo(error));
      server.close();
      server.closeAllConnections();
    }
  };
  const listener: RequestListener = (req, res) => {
    const path = req.url?.split('?')[0];
    if (path === EFFECTS_PATH && req.method === 'GET') send(res, { status: 200, body: hook.effects() });
    else if (path !== HOOK_PATH) send(res, { status: 404, body: { error: 'not found' } });
    else if (req.method !== 'POST') send(res, { status: 405, body: { error: 'POST only' } });
    else void around(() => serve(req, res));
  };
  return listen(server.on('request', listener));
}

/** @throws Refusal 413; an error when the connection breaks off. */
export async function wholeBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT) throw new Refusal(413, 'too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(res: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  res.end(text);
}
