import { createHash } from 'node:crypto';
import { consumersOf, svixSecret } from '../core/consumer.js';
import { onExpress } from '../core/hosts/express.js';
import { onFastify } from '../core/hosts/fastify.js';
import { onHono } from '../core/hosts/hono.js';
import { onNode } from '../core/hosts/node.js';
import { HOOK_PATH } from '../core/listen.js';
import { hook, receive } from '../core/receive.js';
import { demand, demandRecent, hmac, sameText } from '../core/verify.js';
import { readVoyado, svixHeaders, svixSignature, verifyByHand, voyado } from '../core/voyado.js';

const MINUTE_MS = 60_000;

export const voyadoConsumers = consumersOf('voyado', { secretOf: svixSecret }, [
  {
    name: 'voyado-correct-svix',
    bug: null,
    foundBy: null,
    story: 'Hono and the `svix` package, as the documents advise.',
    open: (known) => onHono(hook(voyado(known))),
  },
  {
    name: 'voyado-correct-by-hand',
    bug: null,
    foundBy: null,
    story: 'node:http and node:crypto; both spellings of the headers.',
    open: (known) =>
      onNode(hook({ ...voyado(known), verify: (arrived) => verifyByHand(known.secret, arrived) })),
  },
  {
    name: 'voyado-wrong-key-bytes',
    bug: 'refuses genuine events',
    foundBy: 'SIG-01',
    story: 'The whole `whsec_…` text is the key, where the bytes behind the prefix are.',
    open(known) {
      return onExpress(
        hook({
          ...voyado(known),
          verify(arrived) {
            const { id, timestamp, signatures } = svixHeaders(arrived);
            const signed = [`${id}.${timestamp}.`, arrived.body];
            const expected = `v1,${hmac(known.secret, signed).digest('base64')}`;
            demand(signatures.some((signature) => sameText(signature, expected)));
          },
        }),
      );
    },
  },
  {
    name: 'voyado-future-passes',
    bug: 'accepts a timestamp from the future',
    foundBy: 'SIG-06',
    story:
      '`now - timestamp > 300` was written for the past; the future is negative and always small enough.',
    open: (known) =>
      onNode(
        hook({
          ...voyado(known),
          verify: (arrived) => verifyByHand(known.secret, arrived, { futureMs: Number.POSITIVE_INFINITY }),
        }),
      ),
  },
  {
    name: 'voyado-strict-clock',
    bug: 'refuses what is more than a minute off',
    foundBy: 'SIG-07',
    story: 'One minute seemed plenty, until the sender’s queue or the server’s clock was late.',
    open: (known) =>
      onFastify(
        hook({
          ...voyado(known),
          verify: (arrived) =>
            verifyByHand(known.secret, arrived, { pastMs: MINUTE_MS, futureMs: MINUTE_MS }),
        }),
      ),
  },
  {
    name: 'voyado-id-not-bound',
    bug: 'the id is not bound to what was signed',
    foundBy: 'SIG-08',
    story:
      'That there is a `v1` signature is taken for its being right; id and body are compared with nothing.',
    open(known) {
      return onHono(
        hook({
          ...voyado(known),
          verify(arrived) {
            const { timestamp, signatures } = svixHeaders(arrived);
            demand(signatures.some((signature) => /^v1,[A-Za-z0-9+/]{43}=$/.test(signature)));
            demandRecent(Number(timestamp) * 1000);
          },
        }),
      );
    },
  },
  {
    name: 'voyado-first-signature-only',
    bug: 'compares the first signature of the list only',
    foundBy: 'ROT-01',
    story: 'During a rotation the current key signs first; this consumer still has the other one.',
    open(known) {
      return onExpress(
        hook({
          ...voyado(known),
          verify(arrived) {
            const { signatures, ...signed } = svixHeaders(arrived);
            demand(sameText(signatures[0] ?? '', svixSignature(known.secret, signed, arrived.body)));
            demandRecent(Number(signed.timestamp) * 1000);
          },
        }),
      );
    },
  },
  {
    name: 'voyado-dies-on-v9',
    bug: '500 on a signature of an unknown version',
    foundBy: 'ROT-02',
    story: 'The list is mapped through a table of versions, and what the table lacks is called all the same.',
    open(known) {
      return onNode(
        hook({
          ...voyado(known),
          verify(arrived) {
            for (const signature of svixHeaders(arrived).signatures)
              if (/^v[2-9]/.test(signature)) throw new TypeError('versions[version] is not a function');
            verifyByHand(known.secret, arrived);
          },
        }),
      );
    },
  },
  {
    name: 'voyado-seconds-for-milliseconds',
    bug: 'a captured request can be replayed for days',
    foundBy: 'SEC-01',
    story:
      'The tolerance is 300,000 because it is meant in milliseconds, and compared with seconds: 83 hours.',
    open(known) {
      const window = { pastMs: 300_000_000, futureMs: 300_000_000 };
      return onFastify(
        hook({ ...voyado(known), verify: (arrived) => verifyByHand(known.secret, arrived, window) }),
      );
    },
  },
  {
    name: 'voyado-dedupes-on-attempt',
    bug: 'every retry counts as a new event',
    foundBy: 'DUP-01',
    story: 'The key of the dedupe table is id and timestamp, and the timestamp is new on every attempt.',
    open(known) {
      return onHono(
        hook({
          ...voyado(known),
          read(payload, arrived) {
            const happening = readVoyado(payload, arrived);
            return happening && { ...happening, id: `${happening.id} ${svixHeaders(arrived).timestamp}` };
          },
        }),
      );
    },
  },
  {
    name: 'voyado-short-memory',
    bug: 'forgets an id after five minutes',
    foundBy: 'DUP-04',
    story:
      'A cache with the time-to-live of the Standard Webhooks example; the last retry comes after 27 hours.',
    open(known) {
      const until = new Map<string, number>();
      return onExpress(
        hook({
          ...voyado(known),
          seen: {
            claim(id) {
              if ((until.get(id) ?? 0) > Date.now()) return false;
              until.set(id, Date.now() + 5 * MINUTE_MS);
              return true;
            },
          },
        }),
      );
    },
  },
  {
    name: 'voyado-dedupes-on-content',
    bug: 'two events that say the same count as one',
    foundBy: 'DUP-05',
    story: 'Duplicates are told by a hash of the payload: who earns 100 points twice gets them once.',
    open(known) {
      return onNode(
        hook({
          ...voyado(known),
          read(payload, arrived) {
            const happening = readVoyado(payload, arrived);
            const said = JSON.stringify([payload.eventType, payload.payload]);
            return happening && { ...happening, id: createHash('sha256').update(said).digest('hex') };
          },
        }),
      );
    },
  },
  {
    name: 'voyado-redirects',
    bug: 'answers 302',
    foundBy: 'ACK-03',
    story: 'The framework sends a path without a slash at its end to the one with it; no sender follows.',
    open: (known) =>
      onExpress(hook(voyado(known)), {
        before(app) {
          app.post(HOOK_PATH, (req, res, next) => {
            if (req.path.endsWith('/')) next();
            else res.redirect(302, `${HOOK_PATH}/`);
          });
        },
      }),
  },
  {
    name: 'voyado-one-at-a-time',
    bug: 'a slow request holds up all others',
    foundBy: 'NET-01',
    story:
      'A mutex against races, taken before the body is read: one byte a second is enough to stop everything.',
    open(known) {
      let last: Promise<void> = Promise.resolve();
      return onNode(hook(voyado(known)), {
        around(serve) {
          last = last.then(serve);
          return last;
        },
      });
    },
  },
  {
    name: 'voyado-throttles-by-dropping',
    bug: 'loses what comes in quick succession, as after a downtime',
    foundBy: 'REC-01',
    story: 'A throttle to spare the database: one event in 400 ms, and the rest is acknowledged and dropped.',
    open(known) {
      let quietUntilMs = 0;
      return onFastify(
        hook(voyado(known), (parts, arrived) => {
          const read: typeof readVoyado = (payload) => {
            const happening = readVoyado(payload, arrived);
            if (happening === null || Date.now() < quietUntilMs) return null;
            quietUntilMs = Date.now() + 400;
            return happening;
          };
          return receive({ ...parts, read }, arrived);
        }),
      );
    },
  },
]);
