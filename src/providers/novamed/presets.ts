import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { corePresets } from '../core-presets.js';
import { retry } from './policy.js';
import { ENVIRONMENTS, ERRORS, GUIDE_2026, SEED } from './sources.js';

export const presets: readonly Preset[] = [
  {
    name: 'fromFirstAttempt',
    title: 'Delays count from the first attempt: 1, 5, 15 and 60 minutes after it',
    scope: 'subscription',
    policies: { retry: { ...retry, anchor: 'first' } },
    ...assumedClaim(
      'the table says Delay and not of what; the usual meaning is: since the attempt before',
      SEED,
    ),
  },
  corePresets.success2xx(
    assumedClaim('a common reading of "200 OK"; the guide says non-200 is retried', SEED),
  ),
  {
    name: 'acceptNeverSend',
    title: 'A plain http endpoint can be registered, and nothing is sent to it',
    scope: 'subscription',
    policies: { https: 'acceptNeverSend' },
    ...documentedClaim(SEED, 'NovaMed will not send webhooks to HTTP endpoints.'),
  },
  corePresets.redirectIsSuccess(
    assumedClaim('redirects are not described by name; by the letter, a 3xx is a non-200', SEED),
  ),
  corePresets.rebuiltBody(assumedClaim('that retries repeat the bytes is not documented', SEED)),
  corePresets.additionalFields(assumedClaim('the guide prints the data of two events only', SEED)),
  corePresets.httpAllowed(assumedClaim('for receivers on a test network without TLS')),
  corePresets.testAffectsHealth(assumedClaim('whether a test counts is not documented', SEED)),
  {
    name: 'registered201',
    title: 'A registration is answered with 201',
    scope: 'tenant',
    settings: { registerStatus: 201 },
    ...externalClaim(ERRORS, '201: "Resource created successfully"'),
  },
  {
    name: 'rateLimited',
    title: 'The management API takes 100 requests a minute in development and 60 in production',
    scope: 'tenant',
    settings: { rateLimited: true },
    ...externalClaim(ENVIRONMENTS),
  },
  {
    name: 'generation202601',
    title: 'The guide of January 2026: seven other events, {event_name, event_data}, no event id',
    scope: 'tenant',
    settings: { generation: '2026-01' },
    ...externalClaim(GUIDE_2026),
  },
];
