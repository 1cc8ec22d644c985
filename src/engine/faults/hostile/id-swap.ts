import { changeOne } from '../disguise.js';
import { refuseUnsignedId } from '../facts.js';
import { fault } from '../fault.js';

export const idSwap = fault({
  type: 'id_swap',
  class: 'hostile',
  summary:
    'The valid signature of one message under the id of another: what slips past a dedupe that trusts the header.',
  wire: 'The usual request with one character of the id in its headers changed after it was signed.',
  params: {},
  refuse: refuseUnsignedId,
  request(wire, _, { random, id }) {
    const other = id === null ? null : changeOne(id, random);
    return other === null
      ? wire
      : {
          ...wire,
          headers: wire.headers.map(([name, value]) => [name, value === id ? other : value] as const),
        };
  },
});
