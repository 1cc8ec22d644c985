import { assumedClaim, externalClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { corePresets } from '../core-presets.js';
import { DAY, retry, SECOND, timestamp } from './policy.js';
import { POINTS_PAGE, SVIX_RETRIES, SVIX_SERVER, SVIX_VERIFY, USE_CASES_PAGE } from './sources.js';

export const presets: readonly Preset[] = [
  {
    name: 'webhookHeaders',
    title: 'White-labelled headers: webhook-id, webhook-timestamp, webhook-signature',
    scope: 'subscription',
    settings: { headerPrefix: 'webhook' },
    policies: { timestamp: { ...timestamp, header: 'webhook-timestamp' } },
    ...externalClaim(SVIX_VERIFY, 'an option of the larger Svix plans; the libraries accept both names'),
  },
  {
    name: 'bothHeaders',
    title: 'svix- and webhook- headers on every request',
    scope: 'subscription',
    settings: { headerPrefix: 'both' },
    ...assumedClaim('sent by nobody we know; passes a consumer of either reading'),
  },
  {
    name: 'svixOss',
    title: 'As the open-source Svix server: jitter, 60 s penalty, instant transport retry, 30 s timeout',
    scope: 'subscription',
    settings: { headerCase: 'title' },
    policies: {
      retry: { ...retry, jitter: 0.2, penaltyMs: 60 * SECOND, instantTransportRetry: true },
      timeout: { kind: 'total', ms: 30 * SECOND },
      // The first exhausted message starts the clock, and the server forgets it after twice the span.
      health: {
        kind: 'disableAfterSpan',
        confirmFromMs: 0,
        confirmToMs: 10 * DAY,
        disableAfterMs: 5 * DAY,
        judgedAt: 'exhaustion',
      },
    },
    ...externalClaim(SVIX_SERVER, 'server/svix-server/src/worker.rs and config.default.toml'),
  },
  {
    name: 'ignoreRetryAfter',
    title: 'Retry-After changes nothing',
    scope: 'subscription',
    policies: { retry: { ...retry, retryAfter: 'ignore' } },
    ...assumedClaim('the hosted documentation does not name the header', SVIX_RETRIES),
  },
  corePresets.timeout30s(externalClaim(SVIX_SERVER, 'worker_request_timeout')),
  corePresets.httpAllowed(externalClaim(SVIX_SERVER, 'endpoint_https_only is off by default')),
  corePresets.redirectIsSuccess(
    assumedClaim('for consumers behind a redirect; Svix says failure', SVIX_RETRIES),
  ),
  corePresets.rebuiltBody(
    assumedClaim('for consumers that compare bodies; Svix stores the message once', SVIX_SERVER),
  ),
  {
    name: 'timestampPerEvent',
    title: 'The timestamp is the event’s, so retries carry the same signature',
    scope: 'subscription',
    settings: { timestampScope: 'event' },
    ...assumedClaim('for consumers that refuse old timestamps: Svix stamps every attempt anew', SVIX_VERIFY),
  },
  corePresets.testAffectsHealth(assumedClaim('whether a test counts is not documented', SVIX_RETRIES)),
  {
    name: 'bodyId',
    title: 'The id in the body is called id',
    scope: 'tenant',
    settings: { idKey: 'id' },
    ...externalClaim(POINTS_PAGE, 'as printed for loyalty.addPoints and point.balance.updated'),
  },
  {
    name: 'publishedTypes',
    title: 'Types as printed: the id is called id, definitionId is a string',
    scope: 'tenant',
    settings: { idKey: 'id', definitionId: 'string' },
    ...externalClaim(POINTS_PAGE, 'as printed for point.balance.updated'),
  },
  corePresets.additionalFields(
    externalClaim(USE_CASES_PAGE, 'the payloads in force are in the customer’s Svix portal'),
  ),
  {
    name: 'sortedKeys',
    title: 'Object keys in alphabetical order',
    scope: 'tenant',
    settings: { sortKeys: true },
    ...assumedClaim('seen in one capture of hosted Svix, of another sender'),
  },
];
