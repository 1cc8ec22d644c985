import { z } from 'zod';
import { assumedClaim, externalClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { GUIDE_2026, SEED } from './sources.js';

/** The clinic of every example in the guide. */
const CLINIC = '550e8400-e29b-41d4-a716-446655440000';

export const tenantSettings = z.strictObject({
  generation: z
    .enum(['seed', '2026-01'])
    .default('seed')
    .describe('Which guide holds: 12 events with an event id, or the 7 of January 2026 without one.'),
  additionalFields: z
    .boolean()
    .default(false)
    .describe('Whether the data of an event may carry keys beyond ours: ten of the twelve are not printed.'),
  defaultClinicId: z.guid().default(CLINIC).describe('`clinic_id` of an event that does not bring its own.'),
});

export const subscriptionSettings = z.strictObject({
  clinicId: z
    .guid()
    .nullable()
    .default(null)
    .describe(
      'Only events of this clinic; null takes every clinic. An event that names none is sent to all.',
    ),
  ...coreSettings,
});

export type TenantSettings = z.infer<typeof tenantSettings>;
export type SubscriptionSettings = z.infer<typeof subscriptionSettings>;

export function tenantOf(settings: Readonly<Record<string, unknown>>): TenantSettings {
  return settings as TenantSettings;
}

export const settingClaims: Readonly<Record<keyof TenantSettings | keyof SubscriptionSettings, Claim>> = {
  generation: externalClaim(
    GUIDE_2026,
    'the guide changed events and envelope on 2025-12-22, and nothing else',
  ),
  additionalFields: assumedClaim('the guide prints the data of two events only', SEED),
  defaultClinicId: assumedClaim(
    'an event belongs to some clinic; this is the one of the examples in the guide',
  ),
  clinicId: assumedClaim(
    'a webhook is registered with a clinic_id; without one it hears every clinic, so that a first test needs no id',
  ),
  ...coreSettingClaims,
};
