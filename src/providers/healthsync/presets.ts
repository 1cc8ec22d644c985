import { assumedClaim, documentedClaim } from '../claims.js';
import type { Preset } from '../contract.js';
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
  {
    name: 'success2xx',
    title: 'Any 2xx acknowledges',
    scope: 'subscription',
    policies: { success: { kind: 'class2xx' } },
    ...assumedClaim('Only `200 OK` is named; whether 201 to 299 count is not said.', SEED),
  },
  {
    name: 'deliveryIdPerAttempt',
    title: 'X-HealthSync-Delivery is new on every attempt',
    scope: 'subscription',
    settings: { deliveryId: 'attempt' },
    ...assumedClaim('Whether a retry is the same delivery is not said.', SEED),
  },
  {
    name: 'redirectIsSuccess',
    title: 'A 3xx counts as delivered; it is not followed either way',
    scope: 'subscription',
    policies: { redirect: 'success' },
    ...assumedClaim('Redirects are not documented.', SEED),
  },
  {
    name: 'rebuiltBody',
    title: 'Retries write the same values anew, keys in another order',
    scope: 'subscription',
    settings: { retryBody: 'rebuilt' },
    ...assumedClaim('That retries repeat the bytes is not documented.', SEED),
  },
  {
    name: 'httpAllowed',
    title: 'Plain http URLs are accepted and served',
    scope: 'subscription',
    policies: { https: 'optional' },
    ...assumedClaim('HTTPS is not demanded in so many words.', SEED),
  },
  {
    name: 'holdWhileDisabled',
    title: 'Events for a disabled webhook wait until it is enabled',
    scope: 'subscription',
    policies: { whileStopped: { failed: 'hold', disabled: 'hold', onboarding: 'hold' } },
    ...assumedClaim('What becomes of them is not said.', SEED),
  },
  {
    name: 'testAffectsHealth',
    title: 'A failed test event counts like any other',
    scope: 'subscription',
    settings: { testAffectsHealth: true },
    ...assumedClaim('Whether a test counts is not documented.', SEED),
  },
  {
    name: 'additionalFields',
    title: 'Bodies may carry fields beyond ours',
    scope: 'tenant',
    settings: { additionalFields: true },
    ...assumedClaim('Twelve of the thirteen objects are not printed.', SEED),
  },
];
