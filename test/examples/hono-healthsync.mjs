// A correct consumer of HealthSync's webhooks with Hono 4.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

/**
 * @param secret of the webhook; a list while it is rotated.
 * @param take called once for each event that is known.
 */
export async function listen(secret, { take = () => {}, port = 0 } = {}) {
  const secrets = [secret].flat();
  // In production: a table with a unique key, in the same transaction as what the event changes.
  const taken = new Map();
  const app = new Hono();

  app.post('/hook', bodyLimit({ maxSize: 2 * 1024 * 1024 }), async (c) => {
    if (!/^application\/json\b/.test(c.req.header('content-type') ?? '')) return c.body(null, 415);
    // The bytes as they came, before anything parses them.
    const body = Buffer.from(await c.req.arrayBuffer());
    const sent = c.req.header('x-healthsync-signature') ?? '';
    if (!secrets.some((one) => same(sent, signature(one, body)))) return c.body(null, 401);
    const message = parse(body);
    if (typeof message?.id !== 'string') return c.body(null, 400);
    const { id, type } = message;
    // Events come more than once and in any order; a type that is not known yet is acknowledged.
    if (KNOWN.test(type) && !taken.has(id)) {
      taken.set(id, { type, data: message.data });
      take(message);
    }
    return c.body(null, 200);
  });
  // Of errors the sender learns the status, and nothing else.
  app.onError((_error, c) => c.body(null, 500));

  const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
  await new Promise((ready) => server.once('listening', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    effects: () => Object.fromEntries(taken),
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

const KNOWN = /^(?:document|analysis|user|family_member|share)\.\w+$/;

function signature(secret, body) {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function parse(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
