import { z } from 'zod';
import { assumedClaim, externalClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { readSettingClaims, readSettings } from '../read-side.js';
import { KEYS, SEED } from './sources.js';

/** Null = custom. */
const PER_HOUR = { plus: 100, premium: 1000, enterprise: null } as const;

export const tenantSettings = z.strictObject({
  plan: z
    .enum(['plus', 'premium', 'enterprise'])
    .default('enterprise')
    .describe(
      'Requests an hour that the management API takes of a key: plus 100, premium 1,000, enterprise any number.',
    ),
  additionalFields: z
    .boolean()
    .default(false)
    .describe('Whether bodies may carry fields beyond ours: twelve of the thirteen objects are not printed.'),
  ...readSettings,
});

export const subscriptionSettings = z.strictObject({
  deliveryId: z
    .enum(['delivery', 'attempt'])
    .default('delivery')
    .describe('Whether `X-HealthSync-Delivery` names the delivery, the same on every retry, or the attempt.'),
  ...coreSettings,
});

export const settingClaims: Record<string, Claim> = {
  plan: externalClaim(
    KEYS,
    'Enterprise has custom limits; here it has none, so that no suite trips over one.',
  ),
  additionalFields: assumedClaim('Only one object is printed; what the others carry is not known.', SEED),
  deliveryId: assumedClaim('The log lists retry attempts under one delivery.', SEED),
  ...coreSettingClaims,
  ...readSettingClaims,
};

/** Of one key at the management API; null = any number. */
export function requestsPerHour(settings: Readonly<Record<string, unknown>>): number | null {
  return PER_HOUR[(settings as z.infer<typeof tenantSettings>).plan];
}
