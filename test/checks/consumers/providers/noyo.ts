import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../core/arrived.js';
import { newest } from '../core/book.js';
import { consumersOf, plainSecret } from '../core/consumer.js';
import { onExpress } from '../core/hosts/express.js';
import { onFastify } from '../core/hosts/fastify.js';
import { onHono } from '../core/hosts/hono.js';
import { onNode } from '../core/hosts/node.js';
import { expectedOf, noyo, readNoyo, verifyNoyo } from '../core/noyo.js';
import { parseObject, textAt, under } from '../core/payload.js';
import { hook, receive } from '../core/receive.js';
import { demand, demandRecent, required, sameText } from '../core/verify.js';

export const noyoConsumers = consumersOf('noyo', { secretOf: plainSecret }, [
  {
    name: 'noyo-correct',
    bug: null,
    foundBy: null,
    story: 'Express with the raw body; the verifier of Noyo’s page, and five minutes of tolerance.',
    open: (known) => onExpress(hook(noyo(known))),
  },
  {
    name: 'noyo-verifies-parsed-body',
    bug: 'verifies the re-serialised body',
    foundBy: 'SIG-09',
    story:
      '`express.json()` was mounted first, so the bytes are gone; `JSON.stringify(req.body)` is signed instead.',
    open(known) {
      const verify: typeof verifyNoyo = (secret, arrived) =>
        verifyNoyo(secret, { ...arrived, body: Buffer.from(JSON.stringify(parseObject(arrived))) });
      return onExpress(hook({ ...noyo(known), verify: (arrived) => verify(known.secret, arrived) }));
    },
  },
  {
    name: 'noyo-no-timestamp-check',
    bug: 'the age of the signed timestamp is never looked at',
    foundBy: 'SIG-05',
    story:
      'The code of Noyo’s verification page as it stands there: it signs the timestamp and never compares it.',
    open(known) {
      return onNode(
        hook({
          ...noyo(known),
          verify({ headers, body }) {
            const expected = expectedOf(known.secret, required(headers, 'x-noyo-timestamp'), body);
            const given = required(headers, 'x-noyo-signature').split(',');
            demand(given.some((signature) => sameText(signature, expected)));
          },
        }),
      );
    },
  },
  {
    name: 'noyo-first-signature-only',
    bug: 'compares the first signature of the list only',
    foundBy: 'ROT-01',
    story: 'There was one signature on the day it was written, and `split(",")[0]` was enough.',
    open(known) {
      return onFastify(
        hook({
          ...noyo(known),
          verify({ headers, body }) {
            const [first = ''] = required(headers, 'x-noyo-signature').split(',');
            verifyNoyo(known.secret, {
              headers: { ...headers, 'x-noyo-signature': first },
              rawHeaders: [],
              body,
            });
          },
        }),
      );
    },
  },
  {
    name: 'noyo-accepts-retired-key',
    bug: 'accepts what the retired secret signed',
    foundBy: 'ROT-03',
    story: 'The old secret was kept beside the new one for the day of the rotation, and nobody took it out.',
    open(known) {
      return onHono(
        hook({
          ...noyo(known),
          verify(arrived) {
            try {
              verifyNoyo(known.secret, arrived);
            } catch {
              verifyNoyo(known.retiredSecret, arrived);
            }
          },
        }),
      );
    },
  },
  {
    name: 'noyo-signature-looks-right',
    bug: 'accepts any body whose signature is well formed',
    foundBy: 'SIG-02',
    story:
      'The header is validated as 64 hex digits by the gateway’s schema; comparing it was the next ticket.',
    open(known) {
      return onExpress(
        hook({
          ...noyo(known),
          verify({ headers }) {
            demand(/^[0-9a-f]{64}(,[0-9a-f]{64})*$/.test(required(headers, 'x-noyo-signature')));
            demandRecent(Date.parse(required(headers, 'x-noyo-timestamp')));
          },
        }),
      );
    },
  },
  {
    name: 'noyo-leaks-expected-signature',
    bug: 'the refusal names the signature it expected',
    foundBy: 'SEC-02',
    story:
      'A line for debugging the first integration went out with the answer: whoever asks is told how to sign.',
    open(known) {
      return onNode(
        hook({
          ...noyo(known),
          verify(arrived) {
            const { headers, body } = arrived;
            try {
              verifyNoyo(known.secret, arrived);
            } catch {
              const expected = expectedOf(known.secret, headers['x-noyo-timestamp'] ?? '', body);
              const given = headers['x-noyo-signature'] ?? 'nothing';
              throw new Refusal(401, `signature mismatch: expected ${expected}, got ${given}`);
            }
          },
        }),
      );
    },
  },
  {
    name: 'noyo-counts-test-event',
    bug: 'the test event has an effect',
    foundBy: 'EVO-03',
    story: 'Everything that is signed is booked, also what the button in Noyo’s web application sends.',
    open(known) {
      return onFastify(
        hook({
          ...noyo(known),
          read(payload) {
            const [event, data] = [under(payload, 'event'), under(payload, 'data')];
            if (event.type !== 'test.hello_world') return readNoyo(payload);
            const order = { atMs: Number(event.created) * 1000, rank: 0 };
            const message = textAt(data, 'message') ?? '';
            return { id: String(event.id), object: 'message:test', change: newest(order, { message }) };
          },
        }),
      );
    },
  },
  {
    name: 'noyo-follows-arrival',
    bug: 'the event that arrives last wins',
    foundBy: 'ORD-03',
    story: '`UPDATE … SET status = $1` for whatever comes in; `event.created` is stored nowhere.',
    open(known) {
      return onExpress(
        hook({
          ...noyo(known),
          read(payload) {
            const happening = readNoyo(payload);
            return happening && { ...happening, change: () => happening.change(undefined) };
          },
        }),
      );
    },
  },
  {
    name: 'noyo-races',
    bug: 'concurrent duplicates all get through',
    foundBy: 'DUP-02',
    story: 'Asks the table whether the id is there, and inserts it when the answer is back: check, then act.',
    open(known) {
      const ids = new Set<string>();
      return onHono(
        hook({
          ...noyo(known),
          seen: {
            async claim(id) {
              const fresh = !ids.has(id);
              await wait(100);
              // However late the timer is: whatever has arrived meanwhile is read before the id is written.
              for (let turns = 0; turns < 20; turns += 1) await turn();
              ids.add(id);
              return fresh;
            },
          },
        }),
      );
    },
  },
  {
    name: 'noyo-500-on-unknown-type',
    bug: '500 on a type it does not know',
    foundBy: 'EVO-01',
    story: 'A `switch` whose default throws, so that nobody forgets a case.',
    open(known) {
      return onExpress(
        hook({
          ...noyo(known),
          read(payload) {
            const happening = readNoyo(payload);
            const { type } = under(payload, 'event');
            if (happening === null && type !== 'test.hello_world') throw new Error(`unexpected ${type}`);
            return happening;
          },
        }),
      );
    },
  },
  {
    name: 'noyo-leaks-connections',
    bug: 'collapses under a burst',
    foundBy: 'LOAD-01',
    story:
      'Each request takes one of 50 database connections and never gives it back; the pool reaps them after 2 s.',
    open(known) {
      let taken: number[] = [];
      return onNode(
        hook(noyo(known), (parts, arrived) => {
          taken = taken.filter((atMs) => Date.now() - atMs < 2000);
          if (taken.length >= 50) throw new Error('timed out waiting for a connection');
          taken.push(Date.now());
          return receive(parts, arrived);
        }),
      );
    },
  },
]);
