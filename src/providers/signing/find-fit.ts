import { asText, sameBytes } from '../../lib/bytes.js';
import type { HeaderList, Profile, SignatureRule } from '../contract.js';
import { type Candidate, repairsOf, sameJson } from './body-repairs.js';
import { breaksOff } from './breaks-off.js';
import type { Cause } from './causes.js';
import type { ExplainInput } from './explain.js';
import { hmacSha256 } from './hmac.js';
import { keyReadings } from './key-readings.js';
import { digestOf, fits, sentValue, signedBefore } from './verify.js';

export interface Fit {
  /** Never empty. */
  causes: Cause[];
  /** The body that was signed, where it was found. */
  body: Uint8Array | null;
}

/** What other providers sign, and what documents and code get wrong. */
const CONTENTS = [
  '{body}',
  '{timestamp}.{body}',
  '{timestamp}{body}',
  '{id}.{timestamp}.{body}',
  '{id}.{body}',
];

/** What has to be undone for the signature to fit; the fewest steps first. */
export function findFit(profile: Profile, rule: SignatureRule, input: ExplainInput): Fit {
  const received = sentValue(input.headers, rule.header);
  if (received === null) return { causes: [elsewhere(profile, rule, input)], body: null };
  if (input.secrets.length === 0)
    return { causes: [{ code: 'wrong_secret', text: 'no secret was given to check it by' }], body: null };
  for (const { causes, body } of candidatesOf(input)) {
    const more = fitOf(profile, rule, { ...input, body }, received);
    if (more) return { causes: [...causes, ...more], body };
  }
  for (const secret of input.secrets) {
    const damage = damageOf(rule, received, digestOf(profile, rule, input, secret));
    if (damage !== null) return { causes: [damagedBy(damage, rule)], body: input.body };
  }
  return { causes: [lastGuess(profile, rule, input)], body: input.sent ?? null };
}

function* candidatesOf({ body, sent }: ExplainInput): Generator<Candidate> {
  if (sent && !sameBytes(sent, body)) yield { causes: [changeOf(body, sent)], body: sent };
  yield* repairsOf(body);
}

/** What happened to a body whose original is known. */
function changeOf(body: Uint8Array, sent: Uint8Array): Cause {
  for (const { causes, body: undone } of repairsOf(body))
    if (causes.length === 1 && sameBytes(undone, sent)) return causes[0]!;
  if (sameJson(body, sent))
    return {
      code: 'reserialised_json',
      text: 'the JSON was parsed and written anew: the same values in other bytes',
    };
  const cut = body.length < sent.length && sameBytes(body, sent.subarray(0, body.length));
  return cut
    ? { code: 'truncated_body', text: `only ${body.length} of ${sent.length} bytes arrived` }
    : { code: 'changed_body', text: 'the body is not the one that was sent' };
}

/** What is unlike the provider's scheme where this body and some reading of a secret fit; null where none does. */
function fitOf(
  profile: Profile,
  rule: SignatureRule,
  { headers, body, secrets }: ExplainInput,
  received: string,
): Cause[] | null {
  for (const { key, cause } of secrets.flatMap((secret) => keyReadings(secret, rule))) {
    for (const content of new Set([rule.content, ...CONTENTS])) {
      const parts = [signedBefore(profile, content, headers), body];
      const digest = hmacSha256(key, parts, rule.encoding);
      const strict = fits(rule, received, rule.prefix + digest);
      if (!strict && !mentions(received, Buffer.from(digest, rule.encoding))) continue;
      const causes = cause ? [cause] : [];
      if (content !== rule.content) causes.push(scheme(`it covers ${content}, not ${rule.content}`));
      if (!strict) causes.push(scheme(`the digest is right, but has to be written as ${shapeOf(rule)}`));
      return causes;
    }
  }
  return null;
}

/** A digest that is wrong in more characters is another digest. */
const MOST_DAMAGED = 2;

/** In how many characters the header is not what it has to be; null where it is something else altogether. */
export function damageOf(rule: SignatureRule, received: string, digest: string): number | null {
  const parts = rule.separator === '' ? [received] : received.split(rule.separator);
  const counts = parts
    .filter((part) => part.length === digest.length)
    .map((part) => [...part].filter((letter, i) => letter !== digest[i]).length);
  const least = Math.min(...counts);
  return least <= MOST_DAMAGED ? least : null;
}

/** Whether the digest stands anywhere in the header, in any spelling. */
export function mentions(received: string, digest: Buffer): boolean {
  return (
    received.toLowerCase().includes(digest.toString('hex')) ||
    received.includes(digest.toString('base64').replace(/=+$/, '')) ||
    received.includes(digest.toString('base64url'))
  );
}

function scheme(text: string): Cause {
  return { code: 'wrong_scheme', text };
}

/** `sha256=<hex>` */
function shapeOf({ prefix, encoding }: SignatureRule): string {
  return `${prefix}<${encoding === 'hex' ? 'lowercase hex' : encoding}>`;
}

/** Under which other name the signature stands. */
function elsewhere(profile: Profile, rule: SignatureRule, input: ExplainInput): Cause {
  const end = rule.header.lastIndexOf('-') + 1;
  const [base, word] = [rule.header.slice(0, end), rule.header.slice(end).toLowerCase()];
  const others = input.headers.filter(([name]) => name.toLowerCase().endsWith(word));
  for (const [name] of others) {
    const theirs = name.slice(0, -word.length).toLowerCase();
    const headers: HeaderList = input.headers.map(([header, value]) =>
      header.toLowerCase().startsWith(theirs) ? [base + header.slice(theirs.length), value] : [header, value],
    );
    const sent = sentValue(headers, rule.header) ?? '';
    const digests = input.secrets.map((secret) => digestOf(profile, rule, { ...input, headers }, secret));
    if (digests.some((digest) => fits(rule, sent, digest)))
      return {
        code: 'wrong_header',
        text: `the signature is good, but stands in ${name}; ${rule.header} is looked at`,
      };
  }
  const [other] = others;
  return other
    ? {
        code: 'wrong_header',
        text: `${rule.header} is not among the headers; ${other[0]} is there, and is not this provider's`,
      }
    : { code: 'missing_header', text: `${rule.header} is not among the headers` };
}

function damagedBy(count: number, { header }: SignatureRule): Cause {
  const where = count === 1 ? 'one character' : `${count} characters`;
  return {
    code: 'damaged_signature',
    text: `${header} is wrong in ${where} alone: secret and body are right, the signature was changed on its way`,
  };
}

function lastGuess(profile: Profile, rule: SignatureRule, { headers, body, sent }: ExplainInput): Cause {
  const stamp = profile.policies.timestamp.value;
  const id = profile.eventId.value;
  const needed = [
    ...(rule.content.includes('{id}') && id.kind === 'header' ? [id.header] : []),
    ...(rule.content.includes('{timestamp}') && stamp.kind === 'header' ? [stamp.header] : []),
  ];
  const missing = needed.filter((name) => sentValue(headers, name) === null);
  if (missing.length > 0)
    return {
      code: 'missing_header',
      text: `${missing.join(' and ')}: signed along with the body, and not among the headers`,
    };
  const length = Number(sentValue(headers, 'content-length') ?? body.length);
  if (!sent && body.length < length)
    return {
      code: 'truncated_body',
      text: `Content-Length says ${length} bytes; the body has ${body.length}`,
    };
  if (!sent && breaksOff(asText(body)))
    return {
      code: 'truncated_body',
      text: `the JSON breaks off after ${body.length} bytes: the rest of the body did not arrive`,
    };
  if (asText(body.subarray(0, 15)) === '[object Object]')
    return {
      code: 'changed_body',
      text: 'the body is an object made text; hand the verifier the raw bytes of the request',
    };
  return {
    code: 'wrong_secret',
    text: sent
      ? 'the body is the one that was sent, so it was signed with another secret'
      : 'nothing that usually happens to a body explains it: it was signed with another secret, or values or the order of keys were changed; ringer verify --sent @file, with the body as it was sent, finds out which',
  };
}
