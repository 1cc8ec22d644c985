import { assumed, documented, external } from '../claims.js';
import type { Policies, RetryPolicy } from '../contract.js';
import { MEDICARE, SEED, SKILL } from './sources.js';

export const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const retry: RetryPolicy = {
  curve: { kind: 'list', delaysMs: [20 * SECOND, 10 * MINUTE, 60 * MINUTE] },
  anchor: 'first',
  jitter: 0,
  penaltyMs: 0,
  retryAfter: 'ignore',
  instantTransportRetry: false,
};

export const policies: Policies = {
  retry: external(
    retry,
    MEDICARE,
    'three retries, 20 seconds, 10 minutes and 1 hour after the initial delivery; the ICHRA skill has the same list',
  ),
  success: external({ kind: 'class2xx' }, SKILL, 'respond 2xx'),
  timeout: external({ kind: 'total', ms: 10 * SECOND }, SKILL, 'within 10 seconds'),
  health: assumed({ kind: 'none' }, 'no text says that failures change a subscription', SEED),
  https: documented(
    'required',
    SEED,
    'The HTTPS endpoint on your server that will receive webhook POST requests',
  ),
  redirect: assumed('failure', 'a redirect is not a 2xx; following it is not described', SKILL),
  timestamp: assumed({ kind: 'none' }, 'no header with a time is documented; the date is in the body', SEED),
  rotation: assumed({ kind: 'switch' }, 'one header carries one value, and a change is not described', SKILL),
  whileStopped: documented(
    { failed: 'hold', disabled: 'hold', onboarding: 'drop' },
    SEED,
    'Webhook delivery is not enabled by default',
  ),
  deliveryControl: assumed({ kind: 'none' }, 'only the status of an answer is spoken of, no header of it'),
};
