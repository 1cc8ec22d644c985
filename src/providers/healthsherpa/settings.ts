import { z } from 'zod';
import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { readSettingClaims, readSettings } from '../read-side.js';
import { authSetting } from './auth.js';
import { carriersSetting } from './carriers.js';
import { SEED, SKILL, SUBMISSION_PAGE } from './sources.js';
import { tlsSetting } from './tls.js';

export const tenantSettings = z.strictObject({
  generation: z
    .enum(['seed', 'skill-2026-06'])
    .default('seed')
    .describe('Which text holds for the body: the API reference, or HealthSherpa’s skill of June 2026.'),
  blankAs: z
    .union([z.literal('blank'), z.literal(''), z.null()])
    .default('blank')
    .describe('What a consumer receives as policy_status `blank`.'),
  onExchangeSubmission: z
    .enum(['short', 'full'])
    .default('short')
    .describe(
      'On-exchange submissions without policy_status and policy_aor_npn, or with the keys of a sync.',
    ),
  carriers: carriersSetting
    .default({})
    .describe('How HealthSherpa is connected to a carrier, by issuer HIOS id: full unless named.'),
  ...readSettings,
});

export const subscriptionSettings = z.strictObject({
  exchange: z.enum(['on', 'off', 'both']).default('both').describe('Applications to be notified of.'),
  webhooks: z
    .enum(['submission', 'policy_status', 'both'])
    .default('both')
    .describe('Submission Confirmation API, Policy Status API, or both.'),
  auth: authSetting.default({ kind: 'none' }).describe('How HealthSherpa authenticates to the consumer.'),
  tls: tlsSetting
    .prefault({})
    .describe('A client certificate shown to the consumer, and authorities of its own.'),
  ...coreSettings,
});

export type TenantSettings = z.infer<typeof tenantSettings>;
export type SubscriptionSettings = z.infer<typeof subscriptionSettings>;

export function tenantOf(settings: Readonly<Record<string, unknown>>): TenantSettings {
  return settings as TenantSettings;
}

export const settingClaims: Readonly<Record<keyof TenantSettings | keyof SubscriptionSettings, Claim>> = {
  generation: externalClaim(SKILL, 'an own text of HealthSherpa with another body'),
  blankAs: assumedClaim(
    'listed as a value in code font; an empty string and null are the other readings',
    SEED,
  ),
  onExchangeSubmission: externalClaim(
    SUBMISSION_PAGE,
    'the example there has neither policy_status nor policy_aor_npn; the document says both APIs share one schema',
  ),
  carriers: documentedClaim(SEED, 'depend on our connectivity with the Carrier'),
  exchange: documentedClaim(SEED, 'applications that are on-exchange, off-exchange, or both'),
  webhooks: documentedClaim(SEED, 'subscribe to the Submission Confirmation API, Policy Status API, or both'),
  auth: documentedClaim(SEED, 'We support a variety of authentication methods'),
  tls: assumedClaim(
    'a variety of methods is promised and none is named; this is one consumers ask for',
    SEED,
  ),
  ...coreSettingClaims,
  ...readSettingClaims,
};
