import { assumed, documented } from '../claims.js';
import type { Policies, RetryPolicy } from '../contract.js';
import { SEED } from './sources.js';

const MINUTE = 60_000;

export const retry: RetryPolicy = {
  curve: { kind: 'list', delaysMs: [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE] },
  anchor: 'previousEnd',
  jitter: 0,
  penaltyMs: 0,
  retryAfter: 'ignore',
  instantTransportRetry: false,
};

export const policies: Policies = {
  retry: documented(retry, SEED, 'After 5 failed attempts, the webhook delivery is marked as failed.'),
  success: documented(
    { kind: 'codes', codes: [200] },
    SEED,
    'If your endpoint returns a non-200 status code, the webhook will be retried.',
  ),
  timeout: documented(
    { kind: 'total', ms: 5000 },
    SEED,
    'Your endpoint should return HTTP 200 OK within **5 seconds**.',
  ),
  health: assumed({ kind: 'none' }, 'the guide marks deliveries as failed, never an endpoint'),
  https: documented('required', SEED, 'NovaMed will not send webhooks to HTTP endpoints.'),
  redirect: documented('failure', SEED, 'returns a non-200 status code'),
  timestamp: assumed({ kind: 'none' }, 'the guide names no header but x-api-key; the instant is in the body'),
  rotation: assumed({ kind: 'switch' }, 'one header carries one value, and a change is not described'),
  whileStopped: assumed(
    { failed: 'hold', disabled: 'hold', onboarding: 'hold' },
    'no status of an endpoint is described; only a user can stop one here',
  ),
  deliveryControl: assumed(
    { kind: 'none' },
    'the guide reads the status of an answer only; an unknown header changes nothing',
  ),
};
