// A correct consumer of Voyado's webhooks (Svix) with Fastify 5 and the standardwebhooks library.
import Fastify from 'fastify';
import { Webhook } from 'standardwebhooks';

/**
 * @param secret of the endpoint, `whsec_…`; a list while it is rotated.
 * @param take called once for each event that is known.
 */
export async function listen(secret, { take = () => {}, port = 0 } = {}) {
  const verifiers = [secret].flat().map((one) => new Webhook(one));
  // In production: a table with a unique key, in the same transaction as what the event changes.
  const taken = new Map();
  const app = Fastify({ bodyLimit: 2 * 1024 * 1024 });

  // The bytes as they came, in place of Fastify's own parser.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  app.post('/hook', async (request, reply) => {
    const message = verified(verifiers, request);
    if (message === null) return reply.code(401).send();
    if (typeof message?.eventType !== 'string') return reply.code(400).send();
    const id = request.headers['svix-id'];
    // Events come more than once and in any order; a type that is not known yet is acknowledged.
    if (KNOWN.test(message.eventType) && !taken.has(id)) {
      taken.set(id, { type: message.eventType, payload: message.payload });
      take(message);
    }
    return reply.code(204).send();
  });
  // Of errors the sender learns the status, and nothing else.
  app.setErrorHandler((error, _request, reply) => reply.code(error.statusCode ?? 500).send());

  return {
    url: `${await app.listen({ port, host: '127.0.0.1' })}/hook`,
    effects: () => Object.fromEntries(taken),
    close: () => {
      app.server.closeAllConnections();
      return app.close();
    },
  };
}

const KNOWN = /^(?:contact|loyalty|point|reward|promotion)\.[\w.]+$/;

/** The message when one of the verifiers takes it: signature, and a timestamp within five minutes. Null when none does. */
function verified(verifiers, { headers, body }) {
  if (!Buffer.isBuffer(body)) return null;
  const names = ['id', 'timestamp', 'signature'];
  const standard = Object.fromEntries(
    names.map((name) => [`webhook-${name}`, headers[`svix-${name}`] ?? '']),
  );
  for (const verifier of verifiers) {
    try {
      verifier.verify(body.toString('utf8'), standard);
    } catch {
      continue;
    }
    return parse(body);
  }
  return null;
}

/** Undefined for what is no JSON. */
function parse(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
