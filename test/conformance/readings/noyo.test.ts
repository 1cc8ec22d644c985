import { expect } from 'vitest';
import { asText, utf8 } from '../../../src/lib/bytes.js';
import { NOW_MS } from '../../support/profiles.js';
import { outcome, type Reading, readings } from '../../support/readings.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OVER_BOTH = '9bd724bfea167225ac71946b47e2b6c4a9f00372cffa57e22776f93035e0e4e6';
const OVER_BODY = '1dec714f749ebdeae218d45d213e3572daab522dadeae63b95b7c6efccb3837a';
const SIGNATURE = 'x-noyo-signature';
const STAMP = 'x-noyo-timestamp';

/** The vector of the profile: its random source gives the `587` of the printed timestamp. */
const VECTOR = {
  secrets: ['noyo_test_secret'],
  timestampMs: Date.parse('2024-05-08T21:27:45.039Z'),
  random: { float: () => 0.587, bytes: (count: number) => new Uint8Array(count) },
  body: utf8(
    '{"data":{"message":"Hello world!"},"event":{"type":"test.hello_world","created":1715203664,"id":"beda9ea3-5136-4b7b-93be-37bf3fcc010a"}}',
  ),
};
const TWO_SECRETS = { ...VECTOR, secrets: ['noyo_new_secret', 'noyo_test_secret'] };
const RETRY = { attempt: 2, timestampMs: NOW_MS + HOUR_MS, seed: 'a retry', body: VECTOR.body };

const DOUBLING = [
  7910, 15821, 31642, 63283, 126566, 253133, 506266, 1012530, 2025062, 4050124, 8100247, 16200494, 32400989,
  64801978, 129603955,
];

const signing: Reading[] = [
  {
    row: 1,
    reading: 'the body alone is signed',
    presets: ['body'],
    see: ({ header }) => header(SIGNATURE, VECTOR),
    byDefault: OVER_BOTH,
    otherwise: OVER_BODY,
  },
  {
    row: 1,
    reading: 'both contents are signed, in one list without a space',
    presets: ['both'],
    see: ({ header }) => header(SIGNATURE, VECTOR),
    byDefault: OVER_BOTH,
    otherwise: `${OVER_BOTH},${OVER_BODY}`,
  },
  {
    row: 2,
    reading: 'one signature while two secrets live',
    presets: ['singleSecret'],
    see: ({ header }) => header(SIGNATURE, TWO_SECRETS)?.split(',').length,
    byDefault: 2,
    otherwise: 1,
  },
  {
    row: 32,
    reading: 'the timestamp is the event’s, and with it the signature is the same on every attempt',
    presets: ['timestampPerEvent'],
    see: ({ header }) =>
      [STAMP, SIGNATURE].map(
        (name) =>
          header(name, RETRY) === header(name, { ...RETRY, attempt: 1, timestampMs: NOW_MS, seed: 1 }),
      ),
    byDefault: [false, false],
    otherwise: [true, true],
  },
  {
    row: 32,
    reading: 'a retry writes the body anew',
    presets: ['rebuiltBody'],
    see: ({ sent }) => sent(RETRY),
    byDefault: asText(VECTOR.body),
    otherwise:
      '{"event":{"id":"beda9ea3-5136-4b7b-93be-37bf3fcc010a","created":1715203664,"type":"test.hello_world"},"data":{"message":"Hello world!"}}',
  },
  {
    row: null,
    reading: 'timestamps without a fraction',
    presets: ['wholeSecondTimestamps'],
    see: ({ header }) => header(STAMP, VECTOR),
    byDefault: '2024-05-08T21:27:45.039587+00:00',
    otherwise: '2024-05-08T21:27:45+00:00',
  },
];

const schedule: Reading[] = [
  {
    row: 3,
    reading: 'doubling up to 12 hours',
    presets: ['cappedAt12h'],
    see: ({ delaysMs }) => delaysMs.map((ms) => Math.round(ms / 1000)),
    byDefault: DOUBLING.map((ms) => Math.round(ms / 1000)),
    otherwise: [42, 84, 169, 338, 676, 1351, 2703, 5405, 10811, 21621, 43200, 43200, 43200, 43200, 43200],
  },
  {
    row: 3,
    reading: 'doubling up to 24 hours',
    presets: ['cappedAt24h'],
    see: ({ delaysMs }) => [delaysMs[0], delaysMs.at(-1), delaysMs.reduce((a, b) => a + b)],
    byDefault: [7910, 129603955, 3 * DAY_MS],
    otherwise: [10548, DAY_MS, 3 * DAY_MS],
  },
  {
    row: 3,
    reading: 'Google Cloud Tasks: doubling, then linear',
    presets: ['cloudTasks'],
    see: ({ delaysMs }) => delaysMs.map((ms) => ms / 1000),
    byDefault: DOUBLING.map((ms) => ms / 1000),
    otherwise: [
      242, 484, 968, 1936, 3872, 7744, 11616, 15488, 19360, 23232, 27104, 30976, 34848, 38720, 42592,
    ],
  },
  {
    row: 4,
    reading: 'fifteen attempts in all',
    presets: ['fifteenAttempts'],
    see: ({ delaysMs }) => [delaysMs.length, delaysMs[0], delaysMs.reduce((a, b) => a + b)],
    byDefault: [15, 7910, 3 * DAY_MS],
    otherwise: [14, 15821, 3 * DAY_MS],
  },
  {
    row: 5,
    reading: 'any 2xx acknowledges',
    presets: ['success2xx'],
    see: ({ policies }) => policies.success,
    byDefault: { kind: 'codes', codes: [200] },
    otherwise: { kind: 'class2xx' },
  },
  {
    row: 6,
    reading: 'thirty seconds',
    presets: ['timeout30s'],
    see: ({ policies }) => policies.timeout,
    byDefault: { kind: 'total', ms: 15_000 },
    otherwise: { kind: 'total', ms: 30_000 },
  },
  {
    row: 6,
    reading: 'any timeout',
    settings: { timeoutMs: 1_000 },
    see: ({ policies }) => policies.timeout,
    byDefault: { kind: 'total', ms: 15_000 },
    otherwise: { kind: 'total', ms: 1_000 },
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
    row: null,
    reading: 'plain http is served',
    presets: ['httpAllowed'],
    see: ({ policies }) => policies.https,
    byDefault: 'required',
    otherwise: 'optional',
  },
];

const HEALTH = { kind: 'unhealthyThenFailed', failAfterMs: 7 * DAY_MS };

const health: Reading[] = [
  {
    row: 7,
    reading: 'unhealthy once the retries are used up',
    presets: ['unhealthyOnExhaustion'],
    see: ({ policies }) => policies.health,
    byDefault: { ...HEALTH, scope: 'attempt', unhealthyAt: 'attempt' },
    otherwise: { ...HEALTH, scope: 'exhausted', unhealthyAt: 'exhausted' },
  },
  {
    row: 7,
    reading: 'failed once the retries are used up',
    presets: ['failedOnExhaustion'],
    see: ({ policies }) => policies.health,
    byDefault: { ...HEALTH, scope: 'attempt', unhealthyAt: 'attempt' },
    otherwise: { ...HEALTH, scope: 'exhausted', unhealthyAt: 'attempt' },
  },
  {
    row: 8,
    reading: 'events for a failed subscription are dropped',
    presets: ['dropWhileFailed'],
    see: ({ policies }) => policies.whileStopped.failed,
    byDefault: 'hold',
    otherwise: 'drop',
  },
  {
    row: 8,
    reading: 'events for a failed subscription are cancelled',
    presets: ['cancelWhileFailed'],
    see: ({ policies }) => policies.whileStopped.failed,
    byDefault: 'hold',
    otherwise: 'cancel',
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

const GROUP = { data: { data: { id: 'eb73184b-ae3c-4411-aa82-3c3bd877cf78', status: 'created' } } };

const bodies: Reading[] = [
  {
    row: 9,
    reading: 'group.created carries more than an id',
    scope: 'tenant',
    presets: ['additionalFields'],
    see: ({ body }) => outcome(() => body('group.created', GROUP)),
    byDefault: 'refused: data.status: Unknown key',
    otherwise: expect.stringMatching(/^\{"data":\{"id":"eb73184b[^"]*","status":"created"\},"event":/),
  },
  {
    row: 9,
    reading: 'a disconnection request carries a published status',
    scope: 'tenant',
    presets: ['publishedDisconnectionStatuses'],
    see: ({ body }) => JSON.parse(body('group_disconnection_request.created')).data.status,
    byDefault: 'action_required',
    otherwise: 'needs_review',
  },
  {
    row: null,
    reading: 'another order of keys in every event',
    scope: 'tenant',
    presets: ['shuffledKeys'],
    see: ({ body }) =>
      new Set(Array.from({ length: 8 }, (_, seed) => keys(body('difference.created', { seed })))).size > 1,
    byDefault: false,
    otherwise: true,
  },
];

readings('noyo', [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32], [...signing, ...schedule, ...health, ...bodies]);

function keys(body: string): string {
  const { event, ...rest } = JSON.parse(body);
  return [...Object.keys(JSON.parse(body)), ...Object.keys(event), ...Object.keys(rest)].join();
}
