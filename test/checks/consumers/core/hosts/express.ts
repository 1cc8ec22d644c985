import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { answerTo } from '../arrived.js';
import { BODY_LIMIT, EFFECTS_PATH, HOOK_PATH, type Listening, listen } from '../listen.js';
import type { Hook } from '../receive.js';

export interface ExpressChoices {
  /** Largest body; as `express.raw` takes it. */
  limit?: number | undefined;
  /** Mounted before everything else. */
  before?(app: Express): void;
  onError?: ErrorRequestHandler;
}

/** Express 5: the raw body on the hook's own route, no JSON parser in front of it. */
export function onExpress(hook: Hook, choices: ExpressChoices = {}): Promise<Listening> {
  const app = express().disable('x-powered-by');
  choices.before?.(app);
  app.get(EFFECTS_PATH, (_, res) => {
    res.json(hook.effects());
  });
  const limit = 'limit' in choices ? choices.limit : BODY_LIMIT;
  app.post(HOOK_PATH, express.raw({ type: () => true, limit }), async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const headers = req.headers as Record<string, string>;
    const answer = await hook.receive({ headers, rawHeaders: req.rawHeaders, body });
    res.status(answer.status).json(answer.body);
  });
  app.all(HOOK_PATH, (_, res) => {
    res.status(405).set('Allow', 'POST').json({ error: 'POST only' });
  });
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    const answer = answerTo(error);
    res.status(answer.status).json(answer.body);
  };
  app.use(choices.onError ?? onError);
  return listen(createServer(app));
}
