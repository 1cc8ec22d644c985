import { refuseWithoutSecret } from '../facts.js';
import { fault } from '../fault.js';

export const otherTenantSecret = fault({
  type: 'other_tenant_secret',
  class: 'hostile',
  summary: 'Made with a secret as another customer of the provider has one.',
  wire: 'The usual headers with a proof by a secret that was never this consumer’s.',
  params: {},
  refuse: refuseWithoutSecret,
  // One as the provider makes them, never the real one of anybody.
  input: (input, _, { profile, random }) => ({ ...input, secrets: [profile.secret.value.make(random)] }),
});
