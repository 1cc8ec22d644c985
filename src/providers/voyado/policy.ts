import { assumed, external } from '../claims.js';
import type { Policies, RetryPolicy } from '../contract.js';
import { SVIX_DELIVERY_CONTROL, SVIX_RETRIES, SVIX_SERVER, SVIX_VERIFY } from './sources.js';

export const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const retry: RetryPolicy = {
  curve: {
    kind: 'list',
    delaysMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR],
  },
  anchor: 'previousEnd',
  jitter: 0,
  penaltyMs: 0,
  retryAfter: 'clamp',
  instantTransportRetry: false,
};

export const timestamp = { kind: 'header', format: 'unixSeconds', scope: 'attempt' } as const;

export const policies: Policies = {
  retry: external(
    retry,
    SVIX_RETRIES,
    'each period starts after the failure of the preceding attempt; 8 attempts, the last after 27 h 35 m 5 s',
  ),
  success: external({ kind: 'class2xx' }, SVIX_RETRIES, '200 to 299; everything else is a failure'),
  timeout: external(
    { kind: 'total', ms: 15 * SECOND },
    SVIX_RETRIES,
    'the hosted documentation says 15 s, the open-source server waits 30 s',
  ),
  health: external(
    {
      kind: 'disableAfterSpan',
      confirmFromMs: 12 * HOUR,
      confirmToMs: 24 * HOUR,
      disableAfterMs: 5 * DAY,
      judgedAt: 'attempt',
    },
    SVIX_RETRIES,
    'disabled after 5 days of failures; the clock needs failures within 24 hours that lie at least 12 hours apart',
  ),
  https: assumed(
    'required',
    'the open-source server takes http too; every deployment of it may require https',
    SVIX_SERVER,
  ),
  redirect: external('failure', SVIX_RETRIES, '3xx redirects are treated as failures'),
  timestamp: external(
    { ...timestamp, header: 'svix-timestamp' },
    SVIX_VERIFY,
    'the libraries refuse what is more than 5 minutes off, so each attempt is stamped anew',
  ),
  rotation: external(
    { kind: 'overlap', defaultMs: DAY, maxMs: 7 * DAY },
    SVIX_SERVER,
    'gracePeriodSeconds is 0 to 604,800; both keys sign meanwhile, the newer one first',
  ),
  whileStopped: external(
    { failed: 'skip', disabled: 'skip', onboarding: 'skip' },
    SVIX_RETRIES,
    'a disabled endpoint gets no attempts; what it missed can be replayed',
  ),
  deliveryControl: external(
    { kind: 'header', header: 'webhook-delivery', abort: 'abort-message', disable: 'disable' },
    SVIX_DELIVERY_CONTROL,
    'no effect on a message that would not be retried anyway; a disabled endpoint gets no attempts',
  ),
};
