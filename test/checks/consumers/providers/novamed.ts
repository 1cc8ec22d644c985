import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../core/arrived.js';
import { consumersOf, plainSecret } from '../core/consumer.js';
import { onExpress } from '../core/hosts/express.js';
import { onFastify } from '../core/hosts/fastify.js';
import { onHono } from '../core/hosts/hono.js';
import { onNode } from '../core/hosts/node.js';
import { HOOK_PATH } from '../core/listen.js';
import { novamed, readNovaMed } from '../core/novamed.js';
import { textAt, under } from '../core/payload.js';
import { hook, receive, THANKS } from '../core/receive.js';

const ENVELOPE = ['event_type', 'event_id', 'timestamp', 'clinic_id', 'data'];
const DATA = [
  ...['order_id', 'patient_id', 'medication_request_id', 'practitioner_id', 'refill_id'],
  ...['tracking_number', 'carrier', 'estimated_delivery', 'shipping_address', 'delivered_at', 'cancelled_at'],
  ...['medication_name', 'quantity', 'refills', 'approved_at'],
];

export const novamedConsumers = consumersOf(
  'novamed',
  { secretOf: plainSecret, told: ({ secret }) => ({ secret, retiredSecret: null }) },
  [
    {
      name: 'novamed-correct',
      bug: null,
      foundBy: null,
      story: 'Express; the key in constant time, duplicates by `event_id`, the newer by `timestamp`.',
      open: (known) => onExpress(hook(novamed(known))),
    },
    {
      name: 'novamed-key-unchecked',
      bug: 'the static key is not checked',
      foundBy: 'SIG-11',
      story: '“The URL is secret enough”: whoever guesses it writes prescriptions.',
      open: (known) => onNode(hook({ ...novamed(known), verify: () => {} })),
    },
    {
      name: 'novamed-cursor',
      bug: 'passes over what is not newer than the newest event it has seen',
      foundBy: 'ORD-02',
      story: 'One cursor for the whole stream, as if it came in order: what is overtaken is lost.',
      open(known) {
        let cursorMs = 0;
        return onFastify(
          hook({
            ...novamed(known),
            read(payload) {
              const atMs = Date.parse(textAt(payload, 'timestamp') ?? '');
              if (atMs <= cursorMs) return null;
              cursorMs = Math.max(cursorMs, atMs || 0);
              return readNovaMed(payload);
            },
          }),
        );
      },
    },
    {
      name: 'novamed-follows-arrival',
      bug: 'an old event that arrives late overwrites the newer state',
      foundBy: 'ORD-03',
      story:
        'The handler of the guide, filled in: each type writes its status, and the timestamp is only logged.',
      open(known) {
        return onHono(
          hook({
            ...novamed(known),
            read(payload) {
              const happening = readNovaMed(payload);
              return happening && { ...happening, change: () => happening.change(undefined) };
            },
          }),
        );
      },
    },
    {
      name: 'novamed-strict-schema',
      bug: 'refuses a field it does not know',
      foundBy: 'EVO-02',
      story: 'A schema with `additionalProperties: false`, made from the examples.',
      open(known) {
        return onExpress(
          hook({
            ...novamed(known),
            read(payload) {
              const strange = [
                ...Object.keys(payload).filter((key) => !ENVELOPE.includes(key)),
                ...Object.keys(under(payload, 'data')).filter((key) => !DATA.includes(key)),
              ];
              const happening = readNovaMed(payload);
              if (happening !== null && strange.length > 0)
                throw new Refusal(400, 'must NOT have additional properties');
              return happening;
            },
          }),
        );
      },
    },
    {
      name: 'novamed-answers-late',
      bug: 'answers after 3 of the 5 seconds',
      foundBy: 'ACK-02',
      story: 'Does the work before it answers: a label is printed and a mail sent while NovaMed waits.',
      open: (known) =>
        onNode(
          hook(novamed(known), async (parts, arrived) => {
            const answer = await receive(parts, arrived);
            await wait(3000, undefined, { ref: false });
            return answer;
          }),
        ),
    },
    {
      name: 'novamed-lock-for-memory',
      bug: 'a retry after a lost answer has its effect again',
      foundBy: 'DUP-03',
      story:
        'A lock on the `event_id` while it is worked on, and none once it is answered: no copy at a time, but many.',
      open(known) {
        const inWork = new Set<string>();
        return onHono(
          hook(novamed(known), async ({ verify, parse, read, book }, arrived) => {
            verify(arrived);
            const happening = read(parse(arrived), arrived);
            if (happening === null || inWork.has(happening.id)) return THANKS;
            inWork.add(happening.id);
            book.record(happening);
            await turn();
            inWork.delete(happening.id);
            return THANKS;
          }),
        );
      },
    },
    {
      name: 'novamed-dies-on-malformed',
      bug: 'the process ends on a body that is not JSON',
      foundBy: 'BRK-01',
      story: 'Parses in an event handler, where nobody catches what is thrown.',
      open: (known) =>
        onNode(hook(novamed(known)), {
          fatal: (error) => error instanceof Refusal && error.status === 400,
        }),
    },
    {
      name: 'novamed-500-on-get',
      bug: '500 on GET and HEAD',
      foundBy: 'ACK-05',
      story: 'Every method goes to the same handler, which reads the body that a GET has not.',
      open: (known) =>
        onExpress(hook(novamed(known)), {
          before(app) {
            app.get(HOOK_PATH, () => {
              throw new TypeError("Cannot read properties of undefined (reading 'event_type')");
            });
          },
        }),
    },
  ],
);
