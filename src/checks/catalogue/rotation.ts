import { falsify } from '../../engine/faults/disguise.js';
import { changeHeaders, proofHeaders } from '../../engine/faults/facts.js';
import { retiredSecret } from '../../engine/faults/hostile/retired-secret.js';
import { rotatedSecret } from '../../engine/faults/legal/rotated-secret.js';
import { seededRandom } from '../../lib/random.js';
import { twist } from '../bench.js';
import type { Check } from '../contract.js';
import { allAccepted, skipped, weakness } from '../finding.js';
import { sources } from '../sources.js';
import { refuseEach, unsigned } from './signatures.js';

const both: Check = {
  id: 'ROT-01',
  title: 'While a secret is rotated, either signature is enough',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends:
    'Events with two signatures, the new one first and the old one first; the consumer knows one of them.',
  expects: '2xx to both.',
  manner: 'legal',
  turn: 'together',
  notFor: (target) =>
    unsigned(target) ??
    (target.policies.rotation.kind === 'overlap'
      ? null
      : weakness(`${target.profile.name} carries one signature at a time, so a rotation has no overlap.`)),
  async ask(bench) {
    const shots = [
      await bench.send(bench.sample(), {
        label: 'known signature last',
        twists: [twist(rotatedSecret, { order: 'newFirst' })],
      }),
      await bench.send(bench.sample(), {
        label: 'known signature first',
        twists: [twist(rotatedSecret, { order: 'oldFirst' })],
      }),
    ];
    return allAccepted(
      shots,
      'The header is compared whole, or only its first signature is. It is a list: split it, and accept when any part fits.',
    );
  },
};

const version: Check = {
  id: 'ROT-02',
  title: 'Signatures of an unknown version are passed over',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'Events with a signature `v9,…` before and after the valid one.',
  expects: '2xx to both.',
  manner: 'legal',
  turn: 'together',
  notFor(target) {
    const auth = target.profile.auth.value;
    const versioned = auth.kind === 'signature' && auth.separator !== '' && /\d/.test(auth.prefix);
    return (
      unsigned(target) ??
      (versioned ? null : weakness(`${target.profile.name} names no version in its signatures.`))
    );
  },
  async ask(bench) {
    const { profile, wire, input } = bench.target;
    const auth = profile.auth.value;
    if (auth.kind !== 'signature') return skipped('The scheme is not known.');
    const proof = proofHeaders(profile, wire, input);
    const unknown = (value: string) =>
      falsify(value.split(auth.separator)[0]!, seededRandom(bench.seed)).replace(/\d/, '9');
    const with_ = (join: (other: string, value: string) => string) => ({
      manner: 'legal' as const,
      change: (sent: typeof wire) => ({
        ...sent,
        headers: changeHeaders(sent.headers, proof, (value) => join(unknown(value), value)),
      }),
    });
    const shots = [
      await bench.send(bench.sample(), {
        label: 'an unknown version first',
        ...with_((other, value) => `${other}${auth.separator}${value}`),
      }),
      await bench.send(bench.sample(), {
        label: 'an unknown version last',
        ...with_((other, value) => `${value}${auth.separator}${other}`),
      }),
    ];
    return allAccepted(
      shots,
      'A signature of a version that is not known ends the search. Pass over what you do not know, and accept when any known one fits.',
    );
  },
};

const retired: Check = {
  id: 'ROT-03',
  title: 'A retired secret is refused',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'An event proved with the secret that was rotated away.',
  expects: '4xx.',
  manner: 'hostile',
  turn: 'together',
  notFor(target) {
    if (target.policies.rotation.kind === 'fixed')
      return weakness(`${target.profile.name} never rotates a secret.`);
    return proofHeaders(target.profile, target.wire, target.input).length > 0 &&
      target.input.secrets.length > 0
      ? null
      : weakness(`${target.profile.name} sends no proof made with a secret here.`);
  },
  ask(bench) {
    if (bench.retired.length === 0)
      return Promise.resolve(
        skipped('No retired secret was given: rotate the secret, and pass the old one as --retired-secret.'),
      );
    return refuseEach(
      bench,
      [{ label: 'the retired secret alone', twists: [twist(retiredSecret)] }],
      'The old secret is still accepted. Take it out of the configuration once its overlap is over: whoever has it can forge events.',
    );
  },
};

export const rotation: readonly Check[] = [both, version, retired];
