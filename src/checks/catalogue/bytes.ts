import { refuseUnreadable } from '../../engine/faults/facts.js';
import { byteVariants } from '../../engine/faults/legal/byte-variants.js';
import { extraHeader } from '../../engine/faults/legal/extra-header.js';
import { headerCase } from '../../engine/faults/legal/header-case.js';
import { twist } from '../bench.js';
import type { Check, Shot } from '../contract.js';
import { allAccepted, applies } from '../finding.js';
import { accepted } from '../shot.js';
import { sources } from '../sources.js';
import { unsigned } from './signatures.js';

const NONE = { unicode: false, slash: false, float: false, whitespace: false };

const SPACES = 'spaces and a newline at the end';

const VARIANTS: readonly (readonly [label: string, params: Readonly<Record<string, boolean>>])[] = [
  ['letters written as \\u0061', { unicode: true }],
  ['slashes written as \\/', { slash: true }],
  ['numbers written as 1.0', { float: true }],
  [SPACES, { whitespace: true }],
  ['keys in another order', { order: true }],
  ['a number beyond 2^53', { bigNumber: true }],
];

const WRITTEN_AGAIN =
  'The body is parsed and written again before it is verified (express.json() before the raw body is one way), so it is not the text that was signed. Keep the raw bytes (express.raw, or the `verify` option of express.json) and verify those.';
/** Whoever writes JSON again loses the spaces: where those are taken, the raw bytes were verified. */
const READ =
  'This is not about the signature: other spaces are taken, so the raw bytes are verified. What fails is the reading afterwards: a schema or a parser that refuses these numbers, or text that is searched without parsing it. Read the body with a JSON parser, and ask nothing of values that are not used.';

const raw: Check = {
  id: 'SIG-09',
  title: 'The signature is verified over the raw body',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends:
    'The same JSON in other bytes: escaped letters and slashes, 1.0, spaces, another order of keys, a number beyond 2^53.',
  expects: '2xx to each.',
  manner: 'legal',
  turn: 'together',
  notFor: (target) =>
    unsigned(target) ??
    (refuseUnreadable(target) === null
      ? null
      : 'The bodies are encrypted here, so no JSON can be written in another way.'),
  async ask(bench) {
    const shots: Shot[] = [];
    for (const [label, params] of VARIANTS)
      shots.push(
        await bench.send(bench.sample(), { label, twists: [twist(byteVariants, { ...NONE, ...params })] }),
      );
    return allAccepted(
      shots,
      shots.some((shot) => shot.label === SPACES && accepted(shot)) ? READ : WRITTEN_AGAIN,
    );
  },
};

const headers: Check = {
  id: 'SIG-10',
  title: 'Header names are read in any case, and unknown headers are ignored',
  level: 0,
  severity: 'must',
  source: sources.httpFields,
  sends: 'Events with header names in upper, lower and title case, and with headers nobody knows.',
  expects: '2xx to each.',
  manner: 'legal',
  turn: 'together',
  notFor: applies,
  async ask(bench) {
    const shots: Shot[] = [];
    for (const to of ['upper', 'lower', 'title'])
      shots.push(
        await bench.send(bench.sample(), {
          label: `header names in ${to} case`,
          twists: [twist(headerCase, { to })],
        }),
      );
    shots.push(
      await bench.send(bench.sample(), {
        label: 'three unknown headers',
        twists: [twist(extraHeader, { n: 3 })],
      }),
    );
    return allAccepted(
      shots,
      'Header names are compared letter by letter, or unknown headers are refused. HTTP knows no case: proxies and HTTP/2 change it. Look names up without it.',
    );
  },
};

export const bytes: readonly Check[] = [raw, headers];
