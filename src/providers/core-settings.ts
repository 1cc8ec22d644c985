import { z } from 'zod';
import { assumedClaim } from './claims.js';
import type { PolicyValues } from './contract.js';

/** Subscription settings that the core reads by name. A profile spreads those that make sense for it. */
export const coreSettings = {
  testAffectsHealth: z
    .boolean()
    .default(false)
    .describe('Whether an answer to a test event moves the health of the subscription.'),
  timeoutMs: z
    .int()
    .min(1)
    .max(300_000)
    .nullable()
    .default(null)
    .describe('Real milliseconds for the whole exchange; null leaves the timeout of the provider.'),
  retryBody: z
    .enum(['same', 'rebuilt'])
    .default('same')
    .describe('`rebuilt`: retries write the same values anew, keys in reverse order.'),
  sourceAddress: z
    .ipv4()
    .regex(/^127\./, 'must be an address of 127.0.0.0/8')
    .nullable()
    .default(null)
    .describe(
      'Loopback address that deliveries come from, 127.0.0.0/8, so that a lock on source addresses can be tested on one machine; null leaves it to the system.',
    ),
};

export const coreSettingClaims = {
  testAffectsHealth: assumedClaim(
    'No document says that a test counts; a button must not switch an endpoint off.',
  ),
  timeoutMs: assumedClaim('A knob for consumers who expect another timeout; null is the provider’s own.'),
  retryBody: assumedClaim(
    'Ids for deduplication go with a stored body; a body built anew on each try is the other reading.',
  ),
  sourceAddress: assumedClaim(
    'Nobody can send from the addresses of a provider; a loopback address of its own stands for them.',
  ),
};

/** What those settings do to the policies. `timestampScope` is a profile's own, where it sends a timestamp. */
export function applyCoreSettings(
  policies: PolicyValues,
  settings: Readonly<Record<string, unknown>>,
): PolicyValues {
  const { timeoutMs, timestampScope } = settings;
  const applied = { ...policies };
  if (typeof timeoutMs === 'number') applied.timeout = { kind: 'total', ms: timeoutMs };
  if (applied.timestamp.kind === 'header' && (timestampScope === 'attempt' || timestampScope === 'event'))
    applied.timestamp = { ...applied.timestamp, scope: timestampScope };
  return applied;
}

/** The address of this machine that a subscription's deliveries leave from; null where it is not set. */
export function sourceAddressOf({ sourceAddress }: Readonly<Record<string, unknown>>): string | null {
  return typeof sourceAddress === 'string' ? sourceAddress : null;
}
