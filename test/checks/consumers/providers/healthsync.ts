import { timingSafeEqual } from 'node:crypto';
import { Refusal } from '../core/arrived.js';
import { consumersOf, plainSecret } from '../core/consumer.js';
import { expectedOf, healthsync, LIVES, readHealthSync, verifyHealthSync } from '../core/healthsync.js';
import { onExpress } from '../core/hosts/express.js';
import { onFastify } from '../core/hosts/fastify.js';
import { onHono } from '../core/hosts/hono.js';
import { onNode } from '../core/hosts/node.js';
import { textAt } from '../core/payload.js';
import { hook, THANKS } from '../core/receive.js';
import { required } from '../core/verify.js';

export const healthSyncConsumers = consumersOf('healthsync', { secretOf: plainSecret }, [
  {
    name: 'healthsync-correct',
    bug: null,
    foundBy: null,
    story: 'Fastify; `sha256=` over the raw body, duplicates by `id`, the newer by `created_at`.',
    open: (known) => onFastify(hook(healthsync(known))),
  },
  {
    name: 'healthsync-sample-as-printed',
    bug: '500 on a signature that is missing or of another length',
    foundBy: 'SIG-03',
    story: 'The JavaScript of the documents as it is printed: `timingSafeEqual` throws where lengths differ.',
    open(known) {
      return onExpress(
        hook({
          ...healthsync(known),
          verify({ headers, body }) {
            const given = headers['x-healthsync-signature'] as string;
            const right = timingSafeEqual(Buffer.from(expectedOf(known.secret, body)), Buffer.from(given));
            if (!right) throw new Refusal(401, 'Invalid signature');
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-ignores-the-comparison',
    bug: 'accepts what any secret signed',
    foundBy: 'SIG-04',
    story: '`timingSafeEqual` is called, its throwing is caught, and what it returns is dropped.',
    open(known) {
      return onNode(
        hook({
          ...healthsync(known),
          verify({ headers, body }) {
            const given = required(headers, 'x-healthsync-signature');
            try {
              timingSafeEqual(Buffer.from(expectedOf(known.secret, body)), Buffer.from(given));
            } catch {
              throw new Refusal(401, 'Invalid signature');
            }
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-spelling-of-headers',
    bug: 'finds the header only as the documents spell it',
    foundBy: 'SIG-10',
    story:
      'Looks through `rawHeaders` for `X-HealthSync-Signature`; a proxy in between writes it in lower case.',
    open(known) {
      return onNode(
        hook({
          ...healthsync(known),
          verify(arrived) {
            const at = arrived.rawHeaders.indexOf('X-HealthSync-Signature');
            if (at < 0) throw new Refusal(401, 'Invalid signature');
            verifyHealthSync(known.secret, arrived);
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-acts-then-verifies',
    bug: 'a forged body is refused, and its effect stays',
    foundBy: 'SIG-02',
    story: 'The signature is checked in a hook that runs after the handler: 401, when everything is written.',
    open: (known) =>
      onFastify(
        hook(healthsync(known), async ({ verify, parse, read, seen, book }, arrived) => {
          const happening = read(parse(arrived), arrived);
          if (happening !== null && (await seen.claim(happening.id))) book.record(happening);
          verify(arrived);
          return THANKS;
        }),
      ),
  },
  {
    name: 'healthsync-always-500',
    bug: '500 to every genuine event',
    foundBy: 'ACK-01',
    story: 'The migration that makes the events table was never run.',
    open: (known) =>
      onHono(
        hook(healthsync(known), async (parts, arrived) => {
          parts.verify(arrived);
          parts.parse(arrived);
          throw new Error('relation "events" does not exist');
        }),
      ),
  },
  {
    name: 'healthsync-conflict-on-duplicate',
    bug: '409 to an event it already has',
    foundBy: 'DUP-06',
    story: 'The unique constraint speaks, and its error goes out as 409: the sender takes it for a failure.',
    open(known) {
      const parts = healthsync(known);
      return onExpress(
        hook({
          ...parts,
          seen: {
            claim(id) {
              if (!parts.seen.claim(id)) throw new Refusal(409, 'already received');
              return true;
            },
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-404-out-of-order',
    bug: '404 to a change of something it has not met',
    foundBy: 'ORD-01',
    story: 'A document is looked up before it is updated, and the upload may come second.',
    open(known) {
      const parts = healthsync(known);
      return onFastify(
        hook({
          ...parts,
          read(payload) {
            const happening = readHealthSync(payload);
            const [kind = '', change = ''] = (textAt(payload, 'type') ?? '').split('.');
            const first = LIVES[kind]?.[0] === change || kind === 'analysis';
            if (happening !== null && !first && !parts.book.knows(happening.object))
              throw new Refusal(404, `no such ${kind}`);
            return happening;
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-follows-arrival',
    bug: 'the state depends on the order of arrival',
    foundBy: 'ORD-02',
    story: 'A document that was deleted is back when its upload is delivered late.',
    open(known) {
      return onHono(
        hook({
          ...healthsync(known),
          read(payload) {
            const happening = readHealthSync(payload);
            return happening && { ...happening, change: () => happening.change(undefined) };
          },
        }),
      );
    },
  },
  {
    name: 'healthsync-dies-on-broken-upload',
    bug: 'the process ends when a body breaks off',
    foundBy: 'BRK-02',
    story: 'The stream has no `error` listener, so the reset of a connection is an uncaught exception.',
    open: (known) => onNode(hook(healthsync(known)), { fatal: (error) => !(error instanceof Refusal) }),
  },
  {
    name: 'healthsync-wants-content-length',
    bug: '411 to a chunked body',
    foundBy: 'NET-01',
    story: 'Allocates the buffer beforehand, so it insists on a `Content-Length`.',
    open: (known) =>
      onFastify(hook(healthsync(known)), (app) => {
        app.addHook('onRequest', async (req, reply) => {
          if (req.method === 'POST' && req.headers['content-length'] === undefined)
            await reply.status(411).send({ error: 'length required' });
        });
      }),
  },
  {
    name: 'healthsync-never-remembers',
    bug: 'a replay has its effect again',
    foundBy: 'SEC-01',
    story:
      'Nothing signed says when it was sent, so only the id can tell a replay; here nobody keeps the ids.',
    open: (known) => onExpress(hook({ ...healthsync(known), seen: { claim: () => true } })),
  },
]);
