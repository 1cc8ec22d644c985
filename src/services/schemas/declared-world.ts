import { z } from 'zod';
import { duration, strict } from './fields.js';
import { scheduleInput } from './plans.js';
import { subscriptionInput } from './subscriptions.js';
import { providerSettingsInput, SLUG } from './tenants.js';

const slug = z.string().regex(SLUG, 'must be a slug: 1 to 63 of a-z, 0-9 and hyphens');

/** Tenants, what shapes their bodies, their subscriptions and schedules as a file says them. A URL may be `receiver`. */
export const declaredWorld = strict({
  tenants: z.record(
    slug,
    strict({
      name: z.string().trim().min(1).max(200).optional(),
      retention: duration.optional(),
      notifyUrl: z.string().nullable().optional(),
      providers: z.record(z.string(), providerSettingsInput).optional(),
      subscriptions: z.array(subscriptionInput).max(1_000).optional(),
      schedules: z.array(scheduleInput).max(1_000).optional(),
    }),
  ),
});
export type DeclaredWorld = z.output<typeof declaredWorld>;
export type DeclaredTenant = DeclaredWorld['tenants'][string];
