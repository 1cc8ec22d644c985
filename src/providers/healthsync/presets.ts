import { assumedClaim, documentedClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { corePresets } from '../core-presets.js';
import { MINUTE_MS, retry } from './policy.js';
import { SEED } from './sources.js';

export const presets: readonly Preset[] = [
  {
    name: 'fourAttempts',
    title: 'Four attempts in all: the retry after an hour never happens',
    scope: 'subscription',
    policies: {
      retry: {
        ...retry,
        curve: { kind: 'list', delaysMs: [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS] },
      },
    },
    ...documentedClaim(SEED, 'Give up after 4 failed attempts'),
  },
  {
    name: 'fromFirstAttempt',
    title: 'The four retries are 1, 5, 30 and 60 minutes after the first attempt',
    scope: 'subscription',
    policies: { retry: { ...retry, anchor: 'first' } },
    ...documentedClaim(SEED, 'Retry after 5 minutes'),
  },
  corePresets.success2xx(assumedClaim('Only `200 OK` is named; whether 201 to 299 count is not said.', SEED)),
  {
    name: 'deliveryIdPerAttempt',
    title: 'X-HealthSync-Delivery is new on every attempt',
    scope: 'subscription',
    settings: { deliveryId: 'attempt' },
    ...assumedClaim('Whether a retry is the same delivery is not said.', SEED),
  },
  corePresets.redirectIsSuccess(assumedClaim('Redirects are not documented.', SEED)),
  corePresets.rebuiltBody(assumedClaim('That retries repeat the bytes is not documented.', SEED)),
  corePresets.httpAllowed(assumedClaim('HTTPS is not demanded in so many words.', SEED)),
  {
    name: 'holdWhileDisabled',
    title: 'Events for a disabled webhook wait until it is enabled',
    scope: 'subscription',
    policies: { whileStopped: { failed: 'hold', disabled: 'hold', onboarding: 'hold' } },
    ...assumedClaim('What becomes of them is not said.', SEED),
  },
  corePresets.testAffectsHealth(assumedClaim('Whether a test counts is not documented.', SEED)),
  corePresets.additionalFields(assumedClaim('Twelve of the thirteen objects are not printed.', SEED)),
];
