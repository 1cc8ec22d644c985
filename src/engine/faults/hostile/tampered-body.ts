import { changeOne } from '../disguise.js';
import { jsonOf, refuseUnsigned } from '../facts.js';
import { fault } from '../fault.js';

/** Draws until the change is one that a parser does not notice. */
const DRAWS = 50;

export const tamperedBody = fault({
  type: 'tampered_body',
  class: 'hostile',
  summary: 'One character of the body is another one than was signed.',
  wire: 'A body of the same length that differs in one byte, and the signature of the original.',
  params: {},
  refuse: refuseUnsigned,
  request(wire, _, { random }) {
    // A letter for each byte, so that everything but the one stays as it is, whatever the body is written in.
    const text = Buffer.from(wire.body).toString('latin1');
    const isJson = jsonOf(wire.body) !== null;
    for (let i = 0; i < DRAWS; i++) {
      const changed = changeOne(text, random);
      if (changed === null) break;
      const body = Buffer.from(changed, 'latin1');
      if (!isJson || jsonOf(body) !== null) return { ...wire, body };
    }
    return { ...wire, body: Buffer.from(`${text} `, 'latin1') };
  },
});
