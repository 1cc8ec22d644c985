import { falsify } from '../disguise.js';
import { changeHeaders, refuseWithoutProof } from '../facts.js';
import { fault } from '../fault.js';

export const badSignature = fault({
  type: 'bad_signature',
  class: 'hostile',
  summary:
    'The signature has the right form and one wrong character; where a key is sent instead, the key has.',
  wire: 'The usual headers, with one character of every signature changed.',
  params: {},
  refuse: refuseWithoutProof,
  request: (wire, _, { random, proof }) => ({
    ...wire,
    headers: changeHeaders(wire.headers, proof, (value) => falsify(value, random)),
  }),
});
