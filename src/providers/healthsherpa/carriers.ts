import { z } from 'zod';
import { isObject, type Json } from '../../lib/merge-patch.js';
import type { WantsInput } from '../contract.js';

const DAY_MS = 86_400_000;

/** The five digits by which a plan's id begins. */
export const issuerHiosId = z.string().regex(/^\d{5}$/, 'must be an issuer HIOS id of five digits');

const carrier = z.discriminatedUnion('connected', [
  z.strictObject({ connected: z.literal('full') }),
  z.strictObject({
    connected: z.literal('late'),
    byMs: z
      .int()
      .min(60_000)
      .max(365 * DAY_MS)
      .default(DAY_MS)
      .describe('How much later than with a full connection, milliseconds of tenant time.'),
  }),
  z.strictObject({ connected: z.literal('none') }),
]);
export type Carrier = z.infer<typeof carrier>;

export const carriersSetting = z.record(issuerHiosId, carrier);

const FULL: Carrier = { connected: 'full' };

/** Policy statuses come from the carrier; submissions are HealthSherpa's own, and bodies that name no issuer are the exchange's. */
export function carrierOf({ type, body, tenantSettings }: Omit<WantsInput, 'events'>): Carrier {
  const issuer = type === 'sync' ? issuerIn(body) : null;
  const { carriers } = tenantSettings as { carriers: Readonly<Record<string, Carrier>> };
  return issuer !== null && Object.hasOwn(carriers, issuer) ? carriers[issuer]! : FULL;
}

/** The generation of the skill names the plan only, whose id begins with the issuer's. */
function issuerIn(body: Json): string | null {
  if (!isObject(body)) return null;
  const { issuer_hios_id: issuer, policy } = body;
  if (typeof issuer === 'string') return issuer;
  return isObject(policy) && typeof policy.plan_hios_id === 'string' ? policy.plan_hios_id.slice(0, 5) : null;
}
