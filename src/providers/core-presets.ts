import type { Claim, Preset } from './contract.js';

/** Other readings that several documents leave open. A profile takes those that make sense for it, each with its own reason. */
export const corePresets = {
  success2xx: shaping('success2xx', 'Any 2xx is a success', { policies: { success: { kind: 'class2xx' } } }),
  timeout30s: shaping('timeout30s', 'The consumer has 30 seconds', {
    policies: { timeout: { kind: 'total', ms: 30_000 } },
  }),
  redirectIsSuccess: shaping(
    'redirectIsSuccess',
    'A 3xx counts as delivered; it is not followed either way',
    {
      policies: { redirect: 'success' },
    },
  ),
  httpAllowed: shaping('httpAllowed', 'Plain http URLs are accepted and served', {
    policies: { https: 'optional' },
  }),
  rebuiltBody: shaping('rebuiltBody', 'Retries write the same values anew, keys in another order', {
    settings: { retryBody: 'rebuilt' },
  }),
  testAffectsHealth: shaping(
    'testAffectsHealth',
    'A test event moves the subscription’s health like any other',
    {
      settings: { testAffectsHealth: true },
    },
  ),
  additionalFields: shaping('additionalFields', 'Bodies may carry fields beyond those known', {
    scope: 'tenant',
    settings: { additionalFields: true },
  }),
};

type Change = Pick<Preset, 'policies' | 'settings'> & Partial<Pick<Preset, 'scope'>>;

function shaping(name: string, title: string, change: Change): (claim: Claim) => Preset {
  return (claim) => ({ name, title, scope: 'subscription', ...change, ...claim });
}
