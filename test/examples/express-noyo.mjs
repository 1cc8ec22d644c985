// A correct consumer of Noyo's webhooks with Express 5.
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const TOLERANCE_MS = 5 * 60_000;

/**
 * @param secret of the subscription; a list while it is rotated.
 * @param take called once for each event that is known.
 */
export async function listen(secret, { take = () => {}, port = 0 } = {}) {
  const secrets = [secret].flat();
  // In production: a table with a unique key, in the same transaction as what the event changes.
  const taken = new Map();
  const app = express();

  // The bytes as they came: whoever parses first can never check the signature again.
  app.post('/hook', express.raw({ type: 'application/json', limit: '2mb' }), (request, response) => {
    if (!Buffer.isBuffer(request.body)) return response.sendStatus(415);
    if (!isSigned(request, secrets)) return response.sendStatus(401);
    const message = parse(request.body);
    if (typeof message?.event?.id !== 'string') return response.sendStatus(400);
    const { id, type } = message.event;
    // Events come more than once and in any order; a type that is not known yet is acknowledged.
    if (KNOWN.test(type) && !taken.has(id)) {
      taken.set(id, { type, data: message.data });
      take(message);
    }
    response.sendStatus(200);
  });
  // Of errors the sender learns the status, and nothing else.
  app.use((error, _request, response, _next) => response.sendStatus(error.status ?? 500));

  const server = app.listen(port, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    effects: () => Object.fromEntries(taken),
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}

const KNOWN = /^(?:difference|group|group_\w+_request|member_snapshot\w*)\.\w+$/;

/** Any of the signatures in the list, over `timestamp.body`, made with any secret that holds now. */
function isSigned(request, secrets) {
  const timestamp = request.get('x-noyo-timestamp') ?? '';
  const age = Math.abs(Date.now() - Date.parse(timestamp));
  if (!(age <= TOLERANCE_MS)) return false;
  const sent = (request.get('x-noyo-signature') ?? '').split(',');
  return secrets.some((secret) => {
    const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(request.body).digest('hex');
    return sent.some((one) => same(one, digest));
  });
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
