import { changeHeaders, proofHeaders, refuseUnsigned } from '../../engine/faults/facts.js';
import type { Target } from '../../engine/faults/fault.js';
import { badSignature } from '../../engine/faults/hostile/bad-signature.js';
import { missingSignature } from '../../engine/faults/hostile/missing-signature.js';
import { otherTenantSecret } from '../../engine/faults/hostile/other-tenant-secret.js';
import { tamperedBody } from '../../engine/faults/hostile/tampered-body.js';
import { wrongSecret } from '../../engine/faults/hostile/wrong-secret.js';
import { type Ask, type Bench, twist } from '../bench.js';
import type { Check, Finding, Shot } from '../contract.js';
import { allRefused, failed, noAnswer, passed, weakness } from '../finding.js';
import { accepted, outcomeOf } from '../shot.js';
import { sources } from '../sources.js';
import { signatureCause } from './refusal.js';

const hostile = {
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  manner: 'hostile',
  turn: 'together',
} as const;

/** Signatures are asked about only where there are some. */
export function unsigned(target: Target): string | null {
  if (refuseUnsigned(target) === null) return null;
  const { profile, input } = target;
  return profile.secret.value.use === 'optional' && input.secrets.length === 0
    ? `No secret was given, so nothing is signed; ${profile.name} signs once a secret is agreed: give it as --secret.`
    : weakness(`${profile.name} signs nothing: a consumer cannot tell a changed request from a true one.`);
}

/** Sends each of these as an event of its own, and nothing of them may leave a trace. */
export async function refuseEach(bench: Bench, asks: readonly Ask[], cause: string): Promise<Finding> {
  const before = await bench.effects?.settled();
  const shots: Shot[] = [];
  for (const ask of asks) shots.push(await bench.send(bench.sample(), ask));
  const finding = allRefused(shots, cause);
  if (finding.verdict !== 'pass' || before === undefined) return finding;
  const changed = await bench.effects!.changeSince(before);
  return changed === null
    ? finding
    : failed(
        `Refused, and still it left a trace: ${changed}.`,
        'The event is stored before it is verified. Verify first.',
        shots,
      );
}

const valid: Check = {
  id: 'SIG-01',
  title: 'A correct signature over the exact bytes is accepted',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'A valid event, signed as the provider signs.',
  expects: '2xx.',
  manner: 'legal',
  turn: 'first',
  needsBaseline: false,
  notFor: unsigned,
  async ask(bench) {
    const shot = await bench.send(bench.sample(), { label: 'a correctly signed event' });
    if (accepted(shot)) return passed(`Answered ${outcomeOf(shot)}.`);
    if (shot.response === null) return noAnswer(shot, bench);
    return failed(`Answered ${outcomeOf(shot)} to a correct signature.`, signatureCause(shot), [shot]);
  },
};

const changedBody: Check = {
  ...hostile,
  id: 'SIG-02',
  title: 'A changed body is refused',
  sends: 'An event of which one byte was changed after it was signed.',
  expects: '4xx, and nothing stored.',
  notFor: unsigned,
  ask: (bench) =>
    refuseEach(
      bench,
      [1, 2].map(() => ({ label: 'one byte of the body changed', twists: [twist(tamperedBody)] })),
      'The signature is not verified, or not over the body as it came. Compute the HMAC over the raw bytes and compare it in constant time before anything else.',
    ),
};

const missing: Check = {
  ...hostile,
  id: 'SIG-03',
  title: 'A request without a usable signature is refused',
  sends: 'Events whose signature is missing, empty, garbage, or wrong in one character.',
  expects: '4xx.',
  notFor: unsigned,
  ask: (bench) =>
    refuseEach(
      bench,
      [
        { label: 'signature missing', twists: [twist(missingSignature)] },
        { label: 'signature empty', twists: [twist(missingSignature, { value: 'empty' })] },
        { label: 'signature garbage', twists: [twist(missingSignature, { value: 'garbage' })] },
        { label: 'signature wrong in one character', twists: [twist(badSignature)] },
      ],
      'A request without a usable signature is treated like one that need not be verified. No signature is a wrong signature: refuse it.',
    ),
};

const otherSecret: Check = {
  ...hostile,
  id: 'SIG-04',
  title: 'A signature by another secret is refused',
  sends: 'Events signed with another tenant’s secret, and with one that differs in one character.',
  expects: '4xx.',
  notFor: unsigned,
  ask: (bench) =>
    refuseEach(
      bench,
      [
        { label: 'another tenant’s secret', twists: [twist(otherTenantSecret)] },
        { label: 'a secret wrong in one character', twists: [twist(wrongSecret)] },
      ],
      'The signature is looked at but not compared with the consumer’s own: any well-formed one passes.',
    ),
};

const staticKey: Check = {
  ...hostile,
  id: 'SIG-11',
  title: 'A missing or wrong key is refused',
  source: 'https://docs.novamed.care/guides/webhooks',
  sends: 'Events without the agreed key, and with a wrong one.',
  expects: '401 or 403.',
  notFor(target) {
    if (target.wire.signature !== null)
      return `${target.profile.name} signs its requests; no fixed key is sent.`;
    return proofHeaders(target.profile, target.wire, target.input).length > 0
      ? null
      : weakness(`${target.profile.name} sends neither a key nor a signature here.`);
  },
  ask(bench) {
    const { profile, wire, input } = bench.target;
    const proof = proofHeaders(profile, wire, input);
    return refuseEach(
      bench,
      [
        { label: 'key missing', twists: [twist(missingSignature)] },
        { label: 'key empty', twists: [twist(missingSignature, { value: 'empty' })] },
        { label: 'key wrong in one character', twists: [twist(badSignature)] },
        {
          label: 'key with something behind it',
          manner: 'hostile',
          change: (sent) => ({
            ...sent,
            headers: changeHeaders(sent.headers, proof, (value) => `${value}x`),
          }),
        },
      ],
      'The key is not compared, or only in part. Compare the whole header with the agreed key in constant time, and refuse where it is missing.',
    );
  },
};

export const signatures: readonly Check[] = [valid, changedBody, missing, otherSecret];
export const keys: readonly Check[] = [staticKey];
