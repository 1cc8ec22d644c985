import { refuseWithoutSecret } from '../facts.js';
import { fault } from '../fault.js';

export const retiredSecret = fault({
  type: 'retired_secret',
  class: 'hostile',
  summary: 'Made with the secret that was rotated away, its overlap over.',
  wire: 'The usual headers with a proof by the old secret alone.',
  params: {},
  refuse(target) {
    const { retired, profile } = target;
    return (
      refuseWithoutSecret(target) ??
      (retired.length > 0
        ? null
        : `No secret of this subscription of ${profile.name} is retired: rotate it, and let its overlap end.`)
    );
  },
  input: (input, _, { retired }) => ({ ...input, secrets: retired.slice(0, 1) }),
});
