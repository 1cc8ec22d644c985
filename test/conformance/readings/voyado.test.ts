import { expect } from 'vitest';
import { utf8 } from '../../../src/lib/bytes.js';
import { NOW_MS } from '../../support/profiles.js';
import { outcome, type Reading, readings } from '../../support/readings.js';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const KEY = 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2';

const MESSAGE = {
  providerEventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  timestampMs: 1_614_265_330_000,
  body: utf8('{"test": 2432232314}'),
};
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const RETRY = { attempt: 2, timestampMs: NOW_MS + HOUR_MS, body: utf8('{"eventId":"1","n":1}') };

const HOSTED_AGENT = 'Svix-Webhooks/1.84.0 (sender-9YMgn; +https://www.svix.com/http-sender/)';

const headers: Reading[] = [
  {
    row: 15,
    reading: 'the headers are white-labelled',
    presets: ['webhookHeaders'],
    see: ({ header }) => [header('svix-signature', MESSAGE), header('webhook-signature', MESSAGE)],
    byDefault: [SIGNATURE, undefined],
    otherwise: [undefined, SIGNATURE],
  },
  {
    row: 15,
    reading: 'a white-labelled sender does not name Svix',
    presets: ['webhookHeaders'],
    see: ({ header }) => header('User-Agent'),
    byDefault: HOSTED_AGENT,
    otherwise: 'Webhooks/1.84.0 (sender-9YMgn)',
  },
  {
    row: 15,
    reading: 'both sets of headers',
    presets: ['bothHeaders'],
    see: ({ header }) => ['id', 'timestamp', 'signature'].map((name) => header(`webhook-${name}`, MESSAGE)),
    byDefault: [undefined, undefined, undefined],
    otherwise: [MESSAGE.providerEventId, '1614265330', SIGNATURE],
  },
  {
    row: null,
    reading: 'another version of the sender',
    settings: { senderVersion: '1.66.0' },
    see: ({ header }) => header('User-Agent'),
    byDefault: HOSTED_AGENT,
    otherwise: 'Svix-Webhooks/1.66.0 (sender-9YMgn; +https://www.svix.com/http-sender/)',
  },
  {
    row: null,
    reading: 'an address of Svix is claimed',
    settings: { forwardedFor: '52.215.16.239' },
    see: ({ header }) => header('X-Forwarded-For'),
    byDefault: undefined,
    otherwise: '52.215.16.239',
  },
];

const bodies: Reading[] = [
  {
    row: 16,
    reading: 'the id in the body is called id',
    scope: 'tenant',
    presets: ['bodyId'],
    see: ({ body }) => Object.keys(JSON.parse(body('contact.created'))),
    byDefault: ['eventId', 'eventType', 'isEncrypted', 'payload', 'tenant'],
    otherwise: ['eventType', 'id', 'isEncrypted', 'payload', 'tenant'],
  },
  {
    row: 16,
    reading: 'the id in the body is under both keys',
    scope: 'tenant',
    settings: { idKey: 'both' },
    see: ({ body }) => {
      const { eventId, id } = JSON.parse(body('contact.created'));
      return eventId === id;
    },
    byDefault: false,
    otherwise: true,
  },
  {
    row: 17,
    reading: 'a payload carries what the customer’s portal shows',
    scope: 'tenant',
    presets: ['additionalFields'],
    see: ({ body }) => outcome(() => body('contact.created', { data: { payload: { storeId: 7 } } })),
    byDefault: 'refused: payload.storeId: Unknown key',
    otherwise: expect.stringContaining('"storeId":7'),
  },
  {
    row: 18,
    reading: 'the payload is encrypted',
    scope: 'tenant',
    settings: { encryptionKey: KEY },
    see: ({ body }) => {
      const { isEncrypted, payload, eventType } = JSON.parse(body('contact.created'));
      return [isEncrypted, typeof payload, eventType];
    },
    byDefault: [false, 'object', 'contact.created'],
    otherwise: [true, 'string', 'contact.created'],
  },
  {
    row: 18,
    reading: 'the whole body is encrypted',
    scope: 'tenant',
    settings: { encryptionKey: KEY, encryptionScope: 'body' },
    see: ({ body }) => /^"[A-Za-z0-9_-]+"$/.test(body('contact.created')),
    byDefault: false,
    otherwise: true,
  },
  {
    row: null,
    reading: 'the types are those printed',
    scope: 'tenant',
    presets: ['publishedTypes'],
    see: ({ body }) => {
      const { id, payload } = JSON.parse(body('point.balance.updated'));
      return [typeof id, payload.definitionId];
    },
    byDefault: ['undefined', 1],
    otherwise: ['string', '1'],
  },
  {
    row: null,
    reading: 'the account is a UUID',
    scope: 'tenant',
    settings: { accountId: 'uuid' },
    see: ({ body }) => String(JSON.parse(body('point.balance.updated')).payload.accountId).length,
    byDefault: 3,
    otherwise: 36,
  },
  {
    row: null,
    reading: 'keys are sorted',
    scope: 'tenant',
    presets: ['sortedKeys'],
    see: ({ body }) => Object.keys(JSON.parse(body('point.balance.updated')).payload),
    byDefault: ['balance', 'contactId', 'accountId', 'definitionId', 'balanceExpires'],
    otherwise: ['accountId', 'balance', 'balanceExpires', 'contactId', 'definitionId'],
  },
];

const delivery: Reading[] = [
  {
    row: 19,
    reading: 'the open-source server: jitter, penalty, an instant second try',
    presets: ['svixOss'],
    see: ({ policies: { retry } }) => [retry.jitter, retry.penaltyMs, retry.instantTransportRetry],
    byDefault: [0, 0, false],
    otherwise: [0.2, 60 * SECOND_MS, true],
  },
  {
    row: 19,
    reading: 'the open-source server: judged when a message has used up its attempts',
    presets: ['svixOss'],
    see: ({ policies: { health } }) => health,
    byDefault: {
      kind: 'disableAfterSpan',
      confirmFromMs: 12 * HOUR_MS,
      confirmToMs: DAY_MS,
      disableAfterMs: 5 * DAY_MS,
      judgedAt: 'attempt',
    },
    otherwise: expect.objectContaining({ disableAfterMs: 5 * DAY_MS, judgedAt: 'exhaustion' }),
  },
  {
    row: 19,
    reading: 'Retry-After changes nothing',
    presets: ['ignoreRetryAfter'],
    see: ({ policies }) => policies.retry.retryAfter,
    byDefault: 'clamp',
    otherwise: 'ignore',
  },
  {
    row: 20,
    reading: 'an answer may take 30 s',
    presets: ['timeout30s'],
    see: ({ policies }) => policies.timeout,
    byDefault: { kind: 'total', ms: 15 * SECOND_MS },
    otherwise: { kind: 'total', ms: 30 * SECOND_MS },
  },
  {
    row: 31,
    reading: 'a redirect counts as delivered',
    presets: ['redirectIsSuccess'],
    see: ({ policies }) => policies.redirect,
    byDefault: 'failure',
    otherwise: 'success',
  },
  {
    row: 32,
    reading: 'the timestamp is the event’s',
    presets: ['timestampPerEvent'],
    see: ({ header }) => header('svix-timestamp', RETRY),
    byDefault: String((NOW_MS + HOUR_MS) / 1000),
    otherwise: String(NOW_MS / 1000),
  },
  {
    row: 32,
    reading: 'a retry writes the body anew',
    presets: ['rebuiltBody'],
    see: ({ sent }) => sent(RETRY),
    byDefault: '{"eventId":"1","n":1}',
    otherwise: '{"n":1,"eventId":"1"}',
  },
  {
    row: null,
    reading: 'plain http is served',
    presets: ['httpAllowed'],
    see: ({ policies }) => policies.https,
    byDefault: 'required',
    otherwise: 'optional',
  },
  {
    row: null,
    reading: 'a failed test counts',
    presets: ['testAffectsHealth'],
    see: ({ settings }) => settings.testAffectsHealth,
    byDefault: false,
    otherwise: true,
  },
];

readings('voyado', [15, 16, 17, 18, 19, 20, 31, 32], [...headers, ...bodies, ...delivery]);
