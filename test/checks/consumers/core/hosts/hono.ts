import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { answerTo, Refusal } from '../arrived.js';
import { BODY_LIMIT, EFFECTS_PATH, HOOK_PATH, type Listening, listen } from '../listen.js';
import type { Hook } from '../receive.js';

/** Hono on node: `arrayBuffer()`, never `json()`. */
export function onHono(hook: Hook): Promise<Listening> {
  const app = new Hono();
  app.onError((error, c) => {
    const answer = answerTo(error);
    return c.json(answer.body, answer.status as ContentfulStatusCode);
  });
  app.get(EFFECTS_PATH, (c) => c.json(hook.effects()));
  app.post(HOOK_PATH, async (c) => {
    const body = Buffer.from(
      await c.req.arrayBuffer().catch(() => {
        throw new Refusal(400, 'the body broke off');
      }),
    );
    if (body.length > BODY_LIMIT) throw new Refusal(413, 'too large');
    const answer = await hook.receive({ headers: c.req.header(), rawHeaders: [], body });
    return c.json(answer.body, answer.status as ContentfulStatusCode);
  });
  return listen(createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server);
}
