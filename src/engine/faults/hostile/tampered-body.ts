import { asText, utf8 } from '../../../lib/bytes.js';
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
    const text = asText(wire.body);
    const isJson = jsonOf(wire.body) !== null;
    for (let i = 0; i < DRAWS; i++) {
      const changed = changeOne(text, random);
      if (changed === null) break;
      const body = utf8(changed);
      if (!isJson || jsonOf(body) !== null) return { ...wire, body };
    }
    return { ...wire, body: utf8(`${text} `) };
  },
});
