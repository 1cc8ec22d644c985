import fastify, { type FastifyInstance } from 'fastify';
import { answerTo } from '../arrived.js';
import { BODY_LIMIT, EFFECTS_PATH, HOOK_PATH, KEEP_ALIVE_MS, type Listening } from '../listen.js';
import type { Hook } from '../receive.js';

/** Fastify: every content type handed on as the bytes that came. @param before registered before everything else. */
export async function onFastify(hook: Hook, before?: (app: FastifyInstance) => void): Promise<Listening> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler((error: unknown, _, reply) => {
    const { statusCode: status = 500 } = error as { statusCode?: number };
    const answer = answerTo(error instanceof Error && 'code' in error ? { status } : error);
    return reply.status(answer.status).send(answer.body);
  });
  before?.(app);
  app.get(EFFECTS_PATH, async () => hook.effects());
  app.post(HOOK_PATH, async (req, reply) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const headers = req.headers as Record<string, string>;
    const answer = await hook.receive({ headers, rawHeaders: req.raw.rawHeaders, body });
    return reply.status(answer.status).send(answer.body);
  });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return { origin, close: () => app.close() };
}
