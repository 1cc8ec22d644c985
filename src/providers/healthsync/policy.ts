import { assumed, documented } from '../claims.js';
import type { Policies, RetryPolicy } from '../contract.js';
import { SEED, STANDARD_WEBHOOKS } from './sources.js';

export const MINUTE_MS = 60_000;

export const retry: RetryPolicy = {
  curve: { kind: 'list', delaysMs: [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS] },
  anchor: 'previousEnd',
  jitter: 0,
  penaltyMs: 0,
  retryAfter: 'ignore',
  instantTransportRetry: false,
};

export const policies: Policies = {
  retry: documented(retry, SEED, 'Retry after 1 hour - Give up after 4 failed attempts'),
  success: documented({ kind: 'codes', codes: [200] }, SEED, 'Respond with `200 OK` within 5 seconds'),
  timeout: documented({ kind: 'total', ms: 5_000 }, SEED, 'Respond with `200 OK` within 5 seconds'),
  health: documented({ kind: 'byUser' }, SEED, 'Enable/disable webhook'),
  https: assumed('required', 'Not stated; the printed endpoint is https and the data is about health.', SEED),
  redirect: assumed(
    'failure',
    'Not documented; an answer other than 200 does not acknowledge.',
    STANDARD_WEBHOOKS,
  ),
  timestamp: assumed({ kind: 'none' }, 'No header of the printed request carries a time.', SEED),
  rotation: assumed(
    { kind: 'switch' },
    'The header carries one value, so the new secret holds at once, pending retries included.',
    SEED,
  ),
  whileStopped: assumed(
    { failed: 'cancel', disabled: 'cancel', onboarding: 'cancel' },
    'What becomes of events for a disabled webhook is not said; nothing speaks of a queue.',
    SEED,
  ),
  deliveryControl: assumed(
    { kind: 'none' },
    'Only the status of an answer is documented; no header of it is spoken of.',
    SEED,
  ),
};
