import { z } from 'zod';
import { assumedClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { SEED } from './sources.js';

export const tenantSettings = z.strictObject({
  additionalFields: z
    .boolean()
    .default(false)
    .describe('Whether bodies may carry fields beyond ours: twelve of the thirteen objects are not printed.'),
});

export const subscriptionSettings = z.strictObject({
  deliveryId: z
    .enum(['delivery', 'attempt'])
    .default('delivery')
    .describe('Whether `X-HealthSync-Delivery` names the delivery, the same on every retry, or the attempt.'),
  ...coreSettings,
});

export const settingClaims: Record<string, Claim> = {
  additionalFields: assumedClaim('Only one object is printed; what the others carry is not known.', SEED),
  deliveryId: assumedClaim('The log lists retry attempts under one delivery.', SEED),
  ...coreSettingClaims,
};
