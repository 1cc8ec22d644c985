import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { corePresets } from '../core-presets.js';
import { retry } from './policy.js';
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
  corePresets.timeout30s(assumedClaim('the document names no timeout', SEED)),
  corePresets.redirectIsSuccess(assumedClaim('redirects are not documented', SEED)),
  corePresets.rebuiltBody(assumedClaim('that retries repeat the bytes is not documented', SEED)),
  corePresets.httpAllowed(assumedClaim('for receivers on a test network without TLS')),
  corePresets.testAffectsHealth(assumedClaim('whether a test counts is not documented', SEED)),
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
