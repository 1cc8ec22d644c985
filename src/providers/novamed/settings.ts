import { z } from 'zod';
import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Claim } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { readSettingClaims, readSettings } from '../read-side.js';
import { ENVIRONMENTS, ERRORS, GUIDE_2026, OPENAPI, PLAN, SEED } from './sources.js';

/** The clinic of every example in the guide. */
const CLINIC = '550e8400-e29b-41d4-a716-446655440000';

/** What an `x-api-key` header can carry. */
export const keyText = z
  .string()
  .regex(/^[\x21-\x7e]{1,1024}$/, 'must be 1 to 1024 visible ASCII characters');

export const tenantSettings = z.strictObject({
  generation: z
    .enum(['seed', '2026-01'])
    .default('seed')
    .describe('Which guide holds: 12 events with an event id, or the 7 of January 2026 without one.'),
  additionalFields: z
    .boolean()
    .default(false)
    .describe('Whether the data of an event may carry keys beyond ours: ten of the twelve are not printed.'),
  clinics: z
    .array(z.guid())
    .max(1000)
    .nullable()
    .default(null)
    .describe('Clinics that a webhook can be registered for; null: every UUID is one.'),
  registerStatus: z.literal([200, 201]).default(200).describe('Status of the answer to a registration.'),
  plainHttp: z
    .enum(['refused', 'neverSent'])
    .default('refused')
    .describe(
      'What becomes of an http URL at registration; `neverSent`: it is taken, and nothing is sent to it.',
    ),
  rateLimited: z
    .boolean()
    .default(false)
    .describe(
      'Whether the management API takes only 100 requests a minute in development, 60 in production.',
    ),
  webhookSecret: keyText
    .nullable()
    .default(null)
    .describe('`x-api-key` of webhooks registered from now on; null: the key that registers them.'),
  defaultClinicId: z.guid().default(CLINIC).describe('`clinic_id` of an event that does not bring its own.'),
  ...readSettings,
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
  clinics: externalClaim(ERRORS, 'prints "Clinic not found"; which clinics exist is told at onboarding'),
  registerStatus: externalClaim(
    OPENAPI,
    'the file says 200; the errors guide lists 201 for what was created; the guide of the webhooks says neither',
  ),
  plainHttp: documentedClaim(SEED, 'NovaMed will not send webhooks to HTTP endpoints.'),
  rateLimited: externalClaim(
    ENVIRONMENTS,
    'limits and headers are printed; off, so that no suite trips over it',
  ),
  webhookSecret: externalClaim(
    PLAN,
    'there the header carries the API key; the guide compares with a "webhook secret" that nothing hands out',
  ),
  defaultClinicId: assumedClaim(
    'an event belongs to some clinic; this is the one of the examples in the guide',
  ),
  clinicId: assumedClaim(
    'a webhook is registered with a clinic_id; without one it hears every clinic, so that a first test needs no id',
  ),
  ...coreSettingClaims,
  ...readSettingClaims,
};
