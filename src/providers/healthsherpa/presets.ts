import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { retry, SECOND } from './policy.js';
import { SEED, SKILL } from './sources.js';

export const presets: readonly Preset[] = [
  {
    name: 'previousAttempt',
    title: 'Delays count from the attempt before: 20 s, 10 min and 1 h',
    scope: 'subscription',
    policies: { retry: { ...retry, anchor: 'previousEnd' } },
    ...externalClaim(SKILL, '"20 seconds, 10 minutes, 1 hour", without saying of what'),
  },
  {
    name: 'noRetries',
    title: 'One attempt and no more',
    scope: 'subscription',
    policies: { retry: { ...retry, curve: { kind: 'list', delaysMs: [] } } },
    ...assumedClaim('the document itself does not speak of retries', SEED),
  },
  {
    name: 'success200',
    title: '200 is a success and nothing else',
    scope: 'subscription',
    policies: { success: { kind: 'codes', codes: [200] } },
    ...externalClaim(SKILL, 'another revision of the page says: respond with HTTP 200 OK'),
  },
  {
    name: 'timeout30s',
    title: 'The consumer has 30 seconds',
    scope: 'subscription',
    policies: { timeout: { kind: 'total', ms: 30 * SECOND } },
    ...assumedClaim('the document names no timeout', SEED),
  },
  {
    name: 'redirectIsSuccess',
    title: 'A 3xx counts as delivered; it is not followed either way',
    scope: 'subscription',
    policies: { redirect: 'success' },
    ...assumedClaim('redirects are not documented', SEED),
  },
  {
    name: 'rebuiltBody',
    title: 'Retries write the same values anew, keys in another order',
    scope: 'subscription',
    settings: { retryBody: 'rebuilt' },
    ...assumedClaim('that retries repeat the bytes is not documented', SEED),
  },
  {
    name: 'httpAllowed',
    title: 'Plain http endpoints are accepted and served',
    scope: 'subscription',
    policies: { https: 'optional' },
    ...assumedClaim('for receivers on a test network without TLS'),
  },
  {
    name: 'testAffectsHealth',
    title: 'The verdict of a test event counts like any other',
    scope: 'subscription',
    settings: { testAffectsHealth: true },
    ...assumedClaim('whether a test counts is not documented', SEED),
  },
  {
    name: 'skill202606',
    title: 'The body of HealthSherpa’s skill of June 2026: one policy, ISO dates, money as strings',
    scope: 'tenant',
    settings: { generation: 'skill-2026-06' },
    ...externalClaim(SKILL),
  },
  {
    name: 'blankEmpty',
    title: 'policy_status blank is an empty string',
    scope: 'tenant',
    settings: { blankAs: '' },
    ...documentedClaim(SEED, 'Enrollment status unavailable due to system error or missing data'),
  },
  {
    name: 'blankNull',
    title: 'policy_status blank is null',
    scope: 'tenant',
    settings: { blankAs: null },
    ...documentedClaim(SEED, 'Enrollment status unavailable due to system error or missing data'),
  },
  {
    name: 'fullSubmission',
    title: 'On-exchange submissions carry the keys of a sync',
    scope: 'tenant',
    settings: { onExchangeSubmission: 'full' },
    ...documentedClaim(SEED, 'While both APIs share the same schema'),
  },
];
