import { falsify } from '../disguise.js';
import { refuseWithoutSecret } from '../facts.js';
import { fault } from '../fault.js';

export const wrongSecret = fault({
  type: 'wrong_secret',
  class: 'hostile',
  summary: 'Made with a secret that differs from the right one in one character.',
  wire: 'The usual headers with a proof by another secret.',
  params: {},
  refuse: refuseWithoutSecret,
  input: (input, _, { random }) => ({
    ...input,
    secrets: input.secrets.map((secret) => falsify(secret, random)),
  }),
});
