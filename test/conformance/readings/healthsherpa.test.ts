import { expect, it } from 'vitest';
import { utf8 } from '../../../src/lib/bytes.js';
import healthsherpa from '../../../src/providers/healthsherpa/index.js';
import { requestInput } from '../../support/profiles.js';
import { type Reading, readings } from '../../support/readings.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const LISTED = [20 * SECOND_MS, 10 * MINUTE_MS, 60 * MINUTE_MS];
const RETRY = { attempt: 2, body: utf8('{"transaction_id":1,"event_type":"sync"}') };
const BLANK = { variant: 'on_exchange', data: { policy_status: 'blank' } };

const delivery: Reading[] = [
  {
    row: 10,
    reading: 'delays count from the attempt before',
    presets: ['previousAttempt'],
    see: ({ policies, delaysMs }) => [policies.retry.anchor, delaysMs],
    byDefault: ['first', LISTED],
    otherwise: ['previousEnd', LISTED],
  },
  {
    row: 10,
    reading: 'nothing is retried',
    presets: ['noRetries'],
    see: ({ delaysMs }) => delaysMs,
    byDefault: LISTED,
    otherwise: [],
  },
  {
    row: 11,
    reading: '200 and nothing else',
    presets: ['success200'],
    see: ({ policies }) => policies.success,
    byDefault: { kind: 'class2xx' },
    otherwise: { kind: 'codes', codes: [200] },
  },
  {
    row: 11,
    reading: 'an answer may take 30 s',
    presets: ['timeout30s'],
    see: ({ policies }) => policies.timeout,
    byDefault: { kind: 'total', ms: 10 * SECOND_MS },
    otherwise: { kind: 'total', ms: 30 * SECOND_MS },
  },
  {
    row: 12,
    reading: 'an API key, in the header of the sister product',
    settings: { auth: { kind: 'apiKey', value: 'k-1' } },
    see: ({ header }) => header('X-API-Key'),
    byDefault: undefined,
    otherwise: 'k-1',
  },
  {
    row: 12,
    reading: 'basic authentication',
    settings: { auth: { kind: 'basic', username: 'Aladdin', password: 'open sesame' } },
    see: ({ header }) => header('Authorization'),
    byDefault: undefined,
    otherwise: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
  },
  {
    row: 12,
    reading: 'a bearer token',
    settings: { auth: { kind: 'bearer', token: 'abc.def' } },
    see: ({ header }) => header('Authorization'),
    byDefault: undefined,
    otherwise: 'Bearer abc.def',
  },
  {
    row: 12,
    reading: 'headers of the consumer’s own',
    settings: { auth: { kind: 'customHeaders', headers: { 'X-One': '1', 'X-Two': '2' } } },
    see: ({ header }) => [header('X-One'), header('X-Two')],
    byDefault: [undefined, undefined],
    otherwise: ['1', '2'],
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
    reading: 'a retry writes the body anew',
    presets: ['rebuiltBody'],
    see: ({ sent }) => sent(RETRY),
    byDefault: '{"transaction_id":1,"event_type":"sync"}',
    otherwise: '{"event_type":"sync","transaction_id":1}',
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

const bodies: Reading[] = [
  {
    row: 13,
    reading: 'the body of the skill',
    scope: 'tenant',
    presets: ['skill202606'],
    see: ({ body }) => Object.keys(JSON.parse(body('sync'))),
    byDefault: [
      ...[
        'transaction_id',
        'application_id',
        'policy_status',
        'event_type',
        'event_timestamp',
        'external_id',
      ],
      ...[
        'policy_aor_npn',
        'submitter_npn',
        'npn_used_at_submission',
        'issuer_hios_id',
        'members',
        'policies',
      ],
    ],
    otherwise: ['event_type', 'application_id', 'external_id', 'policy_status', 'policy', 'timestamp'],
  },
  {
    row: 14,
    reading: 'blank is an empty string',
    scope: 'tenant',
    presets: ['blankEmpty'],
    see: ({ body }) => JSON.parse(body('sync', BLANK)).policy_status,
    byDefault: 'blank',
    otherwise: '',
  },
  {
    row: 14,
    reading: 'blank is null',
    scope: 'tenant',
    presets: ['blankNull'],
    see: ({ body }) => JSON.parse(body('sync', BLANK)).policy_status,
    byDefault: 'blank',
    otherwise: null,
  },
  {
    row: null,
    reading: 'an on-exchange submission has the keys of a sync',
    scope: 'tenant',
    presets: ['fullSubmission'],
    see: ({ body }) => 'policy_status' in JSON.parse(body('submission', { variant: 'on_exchange' })),
    byDefault: false,
    otherwise: true,
  },
];

readings('healthsherpa', [10, 11, 12, 13, 14, 31, 32], [...delivery, ...bodies]);

it('12 a signature is sent where a secret is set, and only there', () => {
  const [vector] = healthsherpa.vectors!;
  const { body, secret } = vector!.given as { body: string; secret: string };
  const signed = healthsherpa.request(requestInput(healthsherpa, { body: utf8(body), secrets: [secret] }));
  const unsigned = healthsherpa.request(requestInput(healthsherpa, { body: utf8(body), secrets: [] }));
  expect(signed.headers).toContainEqual(['X-Webhook-Signature', vector!.expected]);
  expect(unsigned.headers.map(([name]) => name)).not.toContain('X-Webhook-Signature');
  expect(unsigned.signature).toBeNull();
});
