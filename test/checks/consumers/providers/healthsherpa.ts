import { Refusal } from '../core/arrived.js';
import { consumersOf, plainSecret } from '../core/consumer.js';
import {
  healthSherpaKeyed,
  healthSherpaSigned,
  readHealthSherpa,
  verifySignature,
} from '../core/healthsherpa.js';
import { onExpress } from '../core/hosts/express.js';
import { onFastify } from '../core/hosts/fastify.js';
import { onHono } from '../core/hosts/hono.js';
import { onNode, wholeBody } from '../core/hosts/node.js';
import { textAt } from '../core/payload.js';
import { hook, receive } from '../core/receive.js';
import { required } from '../core/verify.js';

const STATUSES = ['pending_effectuation', 'effectuated', 'cancelled', 'terminated', 'unknown', 'blank'];

const signed = consumersOf('healthsherpa', { secretOf: plainSecret }, [
  {
    name: 'healthsherpa-correct-signed',
    bug: null,
    foundBy: null,
    story: 'Fastify with a parser that keeps the bytes; `X-Webhook-Signature` over the raw body.',
    open: (known) => onFastify(hook(healthSherpaSigned(known))),
  },
  {
    name: 'healthsherpa-unsigned-passes',
    bug: 'accepts a request without a signature',
    foundBy: 'SIG-03',
    story:
      'The signature is checked `if (signature)`, since the staging environment did not send one at first.',
    open(known) {
      return onExpress(
        hook({
          ...healthSherpaSigned(known),
          verify(arrived) {
            if (arrived.headers['x-webhook-signature']) verifySignature(known.secret, arrived);
          },
        }),
      );
    },
  },
  {
    name: 'healthsherpa-closed-enum',
    bug: 'refuses a status it does not know',
    foundBy: 'EVO-02',
    story: 'The six statuses of the documents became a database enum, and its error a 422.',
    open(known) {
      return onNode(
        hook({
          ...healthSherpaSigned(known),
          read(payload) {
            const status = textAt(payload, 'policy_status');
            if (status !== null && !STATUSES.includes(status))
              throw new Refusal(422, 'no such policy_status');
            return readHealthSherpa(payload);
          },
        }),
      );
    },
  },
  {
    name: 'healthsherpa-csrf',
    bug: 'asks every POST for a CSRF token',
    foundBy: 'ACK-04',
    story: 'The hook lives in the web application, behind the middleware that guards its forms.',
    open: (known) =>
      onExpress(hook(healthSherpaSigned(known)), {
        before(app) {
          app.use((req, res, next) => {
            if (req.method !== 'POST' || req.headers['x-csrf-token']) next();
            else res.status(403).json({ error: 'CSRF token missing' });
          });
        },
      }),
  },
  {
    name: 'healthsherpa-small-bodies',
    bug: '413 from 100 kB on',
    foundBy: 'NET-02',
    story: 'Nobody chose a limit: 100 kB is what Express takes when nothing is said.',
    open: (known) => onExpress(hook(healthSherpaSigned(known)), { limit: undefined }),
  },
  {
    name: 'healthsherpa-no-dedupe',
    bug: 'a duplicate has its effect again',
    foundBy: 'DUP-01',
    story: 'There is no event id in the body, so deduplication was left out.',
    open: (known) => onHono(hook({ ...healthSherpaSigned(known), seen: { claim: () => true } })),
  },
  {
    name: 'healthsherpa-follows-arrival',
    bug: 'the status that arrives last wins',
    foundBy: 'ORD-02',
    story: 'A termination that is overtaken by the effectuation before it leaves the policy in force.',
    open(known) {
      return onFastify(
        hook({
          ...healthSherpaSigned(known),
          read(payload) {
            const happening = readHealthSherpa(payload);
            return happening && { ...happening, change: () => happening.change(undefined) };
          },
        }),
      );
    },
  },
  {
    name: 'healthsherpa-breaker-stays-open',
    bug: 'answers 503 for ever after one body that broke off',
    foundBy: 'BRK-02',
    story:
      'A circuit breaker takes the broken upload for a failure of its own database, and nothing closes it again.',
    open(known) {
      let open = false;
      const guarded = hook(healthSherpaSigned(known), (parts, arrived) => {
        if (open) throw new Refusal(503, 'temporarily unavailable');
        return receive(parts, arrived);
      });
      return onNode(guarded, {
        readBody: (req) =>
          wholeBody(req).catch((error: unknown) => {
            open ||= !(error instanceof Refusal);
            throw error;
          }),
      });
    },
  },
]);

const keyed = consumersOf(
  'healthsherpa',
  {
    secretOf: plainSecret,
    told: ({ secret: value }) => ({
      secret: null,
      retiredSecret: null,
      settings: { auth: { kind: 'apiKey', header: 'X-API-Key', value } },
    }),
  },
  [
    {
      name: 'healthsherpa-correct-keyed',
      bug: null,
      foundBy: null,
      story: 'Hono; asked for an API key in `X-API-Key`, and no signature.',
      open: (known) => onHono(hook(healthSherpaKeyed(known))),
    },
    {
      name: 'healthsherpa-any-key',
      bug: 'any API key will do',
      foundBy: 'SIG-11',
      story: 'The header must be there; what it says is compared with nothing.',
      open: (known) =>
        onFastify(
          hook({ ...healthSherpaKeyed(known), verify: ({ headers }) => void required(headers, 'x-api-key') }),
        ),
    },
    {
      name: 'healthsherpa-stack-trace',
      bug: 'a refusal carries a stack trace',
      foundBy: 'SEC-02',
      story: 'The error handler of a developer’s machine: what was thrown goes out with its stack.',
      open: (known) =>
        onExpress(hook(healthSherpaKeyed(known)), {
          onError(error: Error & { status?: number }, _req, res, _next) {
            res.status(error.status ?? 500).json({ error: error.message, stack: error.stack });
          },
        }),
    },
    {
      name: 'healthsherpa-500-on-malformed',
      bug: '500 on a body that is not JSON',
      foundBy: 'BRK-01',
      story:
        '`JSON.parse` outside of any `try`: the sender gets a 500 and sends the same bytes again and again.',
      open(known) {
        const parts = healthSherpaKeyed(known);
        return onNode(
          hook({
            ...parts,
            parse(arrived) {
              JSON.parse(arrived.body.toString());
              return parts.parse(arrived);
            },
          }),
        );
      },
    },
  ],
);

export const healthSherpaConsumers = [...signed, ...keyed];
