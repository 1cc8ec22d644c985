import { assumed, documented } from '../claims.js';
import type { HealthPolicy, Policies, RetryPolicy } from '../contract.js';
import { SEED, STANDARD_WEBHOOKS } from './sources.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const SPAN_MS = 3 * DAY_MS;

export const retry: RetryPolicy = {
  curve: { kind: 'doublingToSpan', retries: 15, spanMs: SPAN_MS, capMs: null },
  anchor: 'previousEnd',
  jitter: 0,
  penaltyMs: 0,
  retryAfter: 'ignore',
  instantTransportRetry: false,
};

export const health: HealthPolicy & { kind: 'unhealthyThenFailed' } = {
  kind: 'unhealthyThenFailed',
  failAfterMs: 7 * DAY_MS,
  scope: 'attempt',
  unhealthyAt: 'attempt',
};

export const policies: Policies = {
  retry: assumed(
    retry,
    'Documented: 15 retries over 3 days, with backoff. Doubling without a cap is the one curve those numbers fix.',
    SEED,
  ),
  success: documented(
    { kind: 'codes', codes: [200] },
    SEED,
    'you should immediately respond with a **`200`**',
  ),
  timeout: assumed({ kind: 'total', ms: 15_000 }, 'Not documented; 15 to 30 s is usual.', STANDARD_WEBHOOKS),
  health: documented(health, SEED, 'when a subscription has been unhealthy for 7 days, and that event fails'),
  https: documented('required', SEED, 'Noyo uses HTTPS to send webhook events to your app'),
  redirect: assumed(
    'failure',
    'Not documented; an answer other than 200 does not acknowledge.',
    STANDARD_WEBHOOKS,
  ),
  timestamp: documented(
    { kind: 'header', header: 'x-noyo-timestamp', format: 'isoMicros', scope: 'attempt' },
    SEED,
    '"x-noyo-timestamp": "2024-05-08T21:27:45.039587+00:00"',
  ),
  rotation: assumed(
    { kind: 'overlap', defaultMs: DAY_MS, maxMs: 7 * DAY_MS },
    'The verifier accepts a list of signatures and the form speaks of key rotation; the length is not documented.',
    SEED,
  ),
  whileStopped: documented(
    { failed: 'hold', disabled: 'hold', onboarding: 'hold' },
    SEED,
    "The subscription's queue is paused, which means that no other events will be attempted",
  ),
  deliveryControl: assumed(
    { kind: 'none' },
    'Only the status of an answer is documented; no header of it is spoken of.',
    SEED,
  ),
};
