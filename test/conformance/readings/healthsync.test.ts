import { expect } from 'vitest';
import { utf8 } from '../../../src/lib/bytes.js';
import { outcome, readings } from '../../support/readings.js';

const MINUTE_MS = 60_000;
const LISTED = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS];
const RETRY = { attempt: 2, seed: 'a retry', body: utf8('{"id":"evt_1","n":1}') };

readings(
  'healthsync',
  [26, 27, 28, 29, 30, 31, 32],
  [
    {
      row: 26,
      reading: 'four attempts in all',
      presets: ['fourAttempts'],
      see: ({ delaysMs }) => delaysMs,
      byDefault: LISTED,
      otherwise: LISTED.slice(0, 3),
    },
    {
      row: 27,
      reading: 'delays count from the first attempt',
      presets: ['fromFirstAttempt'],
      see: ({ policies, delaysMs }) => [policies.retry.anchor, delaysMs],
      byDefault: ['previousEnd', LISTED],
      otherwise: ['first', LISTED],
    },
    {
      row: 28,
      reading: 'any 2xx acknowledges',
      presets: ['success2xx'],
      see: ({ policies }) => policies.success,
      byDefault: { kind: 'codes', codes: [200] },
      otherwise: { kind: 'class2xx' },
    },
    {
      row: 29,
      reading: 'the delivery id is the attempt’s',
      presets: ['deliveryIdPerAttempt'],
      see: ({ header }) => header('X-HealthSync-Delivery') === header('X-HealthSync-Delivery', RETRY),
      byDefault: true,
      otherwise: false,
    },
    {
      row: 30,
      reading: 'a body that is not printed carries other fields',
      scope: 'tenant',
      presets: ['additionalFields'],
      see: ({ body }) =>
        outcome(() => body('user.updated', { data: { data: { object: { plan: 'plus' } } } })),
      byDefault: 'refused: data.object.plan: Unknown key',
      otherwise: expect.stringContaining('"plan":"plus"'),
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
      byDefault: '{"id":"evt_1","n":1}',
      otherwise: '{"n":1,"id":"evt_1"}',
    },
    {
      row: 32,
      reading: 'the signature covers the body written anew',
      presets: ['rebuiltBody'],
      see: ({ header }) =>
        header('X-HealthSync-Signature', RETRY) ===
        header('X-HealthSync-Signature', { ...RETRY, attempt: 1 }),
      byDefault: true,
      otherwise: false,
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
      reading: 'events wait for a disabled webhook',
      presets: ['holdWhileDisabled'],
      see: ({ policies }) => policies.whileStopped.disabled,
      byDefault: 'cancel',
      otherwise: 'hold',
    },
    {
      row: null,
      reading: 'a failed test counts',
      presets: ['testAffectsHealth'],
      see: ({ settings }) => settings.testAffectsHealth,
      byDefault: false,
      otherwise: true,
    },
    {
      row: null,
      reading: 'another timeout',
      settings: { timeoutMs: 2_000 },
      see: ({ policies }) => policies.timeout,
      byDefault: { kind: 'total', ms: 5_000 },
      otherwise: { kind: 'total', ms: 2_000 },
    },
  ],
);
