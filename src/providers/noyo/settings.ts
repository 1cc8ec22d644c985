import { z } from 'zod';
import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { readSettingClaims, readSettings } from '../read-side.js';
import { OPENAPI, SEED, VERIFICATION } from './sources.js';

export const tenantSettings = z.strictObject({
  additionalFields: z
    .boolean()
    .default(false)
    .describe('Whether `data` and `event` may carry fields beyond the printed ones.'),
  keyOrder: z
    .enum(['documented', 'shuffled'])
    .default('documented')
    .describe('`shuffled`: another order of keys in every event.'),
  disconnectionStatuses: z
    .enum(['union', 'published'])
    .default('union')
    .describe('Which statuses a group disconnection request may have.'),
  ...readSettings,
});

export const subscriptionSettings = z.strictObject({
  signedContent: z
    .enum(['timestamp.body', 'body', 'both'])
    .default('timestamp.body')
    .describe('What the HMAC covers; `both` puts one digest of each into the list.'),
  timestampScope: z
    .enum(['attempt', 'event'])
    .default('attempt')
    .describe('`event`: `x-noyo-timestamp` is the instant of publishing on every attempt.'),
  timestampFraction: z
    .enum(['sixDigits', 'none'])
    .default('sixDigits')
    .describe('`none`: whole seconds, as Python writes them when there are no microseconds.'),
  ...coreSettings,
});

export const settingClaims: Record<string, Claim> = {
  additionalFields: documentedClaim(SEED, 'Some events may include additional fields.'),
  keyOrder: assumedClaim(
    'The examples print their keys in three orders, so no order can be relied on.',
    SEED,
  ),
  disconnectionStatuses: externalClaim(
    OPENAPI,
    'The documents print `action_required`, which the published list lacks: both are allowed.',
  ),
  signedContent: externalClaim(
    VERIFICATION,
    'The only verifier Noyo publishes as code signs timestamp.body; the prose beside it says the body.',
  ),
  timestampScope: assumedClaim(
    'A header of the request, signed against replay: fresh on every attempt.',
    SEED,
  ),
  timestampFraction: documentedClaim(SEED, '"x-noyo-timestamp": "2024-05-08T21:27:45.039587+00:00"'),
  ...coreSettingClaims,
  ...readSettingClaims,
};
