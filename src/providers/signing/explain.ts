import { createHash } from 'node:crypto';
import { isoMillis } from '../../lib/clock.js';
import { formatDuration } from '../../lib/duration.js';
import { MASK } from '../../lib/mask.js';
import type { HeaderList, Profile, SignatureRule } from '../contract.js';
import type { Cause } from './causes.js';
import { type Difference, firstDifference } from './difference.js';
import { damageOf, findFit, mentions } from './find-fit.js';
import { ownReading } from './key-readings.js';
import { digestOf, fits, sameText, sentValue, signatureRule, signedBefore } from './verify.js';

export interface ExplainInput {
  headers: HeaderList;
  /** As it arrived. */
  body: Uint8Array;
  /** Every secret that may have signed; without one only what stands in the request is judged. */
  secrets: readonly string[];
  /** When it is judged, milliseconds since 1970. */
  nowMs: number;
  /** How far a signed timestamp may be from now, milliseconds; null: it is not looked at. */
  toleranceMs: number | null;
  /** The body as it was sent, where it is known. */
  sent?: Uint8Array;
}

/** Why a request is good or not, and how that was found. */
export interface Explained {
  provider: string;
  /** `unproved`: there is nothing to check it by. */
  verdict: 'valid' | 'invalid' | 'unproved';
  /** `hmac-sha256 hex over {timestamp}.{body}`; null where nothing is signed. */
  scheme: string | null;
  /** The header that proves it; a shared key is masked. */
  header: { name: string; received: string | null; expected: string[] } | null;
  /** What was signed: `before`, and right behind it the body. */
  signed: { before: string; bodyBytes: number; bodySha256: string } | null;
  /** How the secrets became keys. */
  keys: { how: string; bytes: number }[];
  /** Of the body where the one that was signed is known, else of the header. */
  firstDifference: Difference | null;
  timestamp: { header: string; value: string; at: string | null; ageMs: number | null } | null;
  /** Empty when it is valid; else likeliest first. */
  causes: Cause[];
}

/** Recomputes the signature of a request that arrived, and finds what happened to one that does not fit. */
export function explain(profile: Profile, input: ExplainInput): Explained {
  const auth = profile.auth.value;
  if (auth.kind === 'sharedKey') return explainKey(profile, auth.header, input);
  const rule = signatureRule(profile);
  if (!rule || (auth.kind === 'chosen' && input.secrets.length === 0)) return nothing(profile);
  return explainSignature(profile, rule, input);
}

function explainSignature(profile: Profile, rule: SignatureRule, input: ExplainInput): Explained {
  const { headers, body, secrets } = input;
  const received = sentValue(headers, rule.header);
  const expected = secrets.map((secret) => digestOf(profile, rule, input, secret));
  const fitting = received !== null && expected.some((digest) => fits(rule, received, digest));
  const timestamp = timestampOf(profile, rule, input);
  const late = timestamp ? judgeTime(timestamp, input) : [];
  const shown: Explained = {
    ...nothing(profile),
    scheme: `hmac-sha256 ${rule.encoding} over ${rule.content}`,
    header: { name: rule.header, received, expected },
    signed: {
      before: signedBefore(profile, rule.content, headers),
      bodyBytes: body.length,
      bodySha256: createHash('sha256').update(body).digest('hex'),
    },
    keys: secrets.map((secret) => {
      const { key, how } = ownReading(secret, rule);
      return { how, bytes: key.length };
    }),
    timestamp,
  };
  if (fitting) return { ...shown, verdict: late.length === 0 ? 'valid' : 'invalid', causes: late };
  const { causes, body: signedBody } = findFit(profile, rule, input);
  const difference =
    signedBody === null || Buffer.compare(signedBody, body) === 0
      ? headerDifference(rule, received, expected)
      : firstDifference('body', body, signedBody);
  return { ...shown, verdict: 'invalid', firstDifference: difference, causes: [...causes, ...late] };
}

function explainKey(profile: Profile, header: string, { headers, secrets }: ExplainInput): Explained {
  const received = sentValue(headers, header);
  const shown: Explained = {
    ...nothing(profile),
    header: { name: header, received: received === null ? null : MASK, expected: [] },
  };
  if (received === null) {
    const cause = { code: 'missing_header', text: `${header} is not among the headers` } as const;
    return { ...shown, verdict: 'invalid', causes: [cause] };
  }
  if (secrets.some((secret) => sameText(secret, received))) return { ...shown, verdict: 'valid' };
  if (secrets.length === 0) {
    const cause = { code: 'wrong_secret', text: 'no key was given to compare it with' } as const;
    return { ...shown, verdict: 'invalid', causes: [cause] };
  }
  const trimmed = secrets.some((secret) => sameText(secret.trim(), received.trim()));
  const cause: Cause = trimmed
    ? { code: 'secret_whitespace', text: 'the key has a space or a newline around it; trim it' }
    : { code: 'wrong_secret', text: `${header} holds another key` };
  const difference = secrets[0] === undefined ? null : firstDifference('header', received, secrets[0], true);
  return { ...shown, verdict: 'invalid', firstDifference: difference, causes: [cause] };
}

function nothing(profile: Profile): Explained {
  return {
    provider: profile.id,
    verdict: 'unproved',
    scheme: null,
    header: null,
    signed: null,
    keys: [],
    firstDifference: null,
    timestamp: null,
    causes: [],
  };
}

/** Of two digests that have to do with each other; where others part says nothing. */
function headerDifference(
  rule: SignatureRule,
  received: string | null,
  [expected]: readonly string[],
): Difference | null {
  if (received === null || expected === undefined) return null;
  const digest = Buffer.from(expected.slice(rule.prefix.length), rule.encoding);
  const related = mentions(received, digest) || damageOf(rule, received, expected) !== null;
  return related ? firstDifference('header', received, expected) : null;
}

type Timestamp = NonNullable<Explained['timestamp']>;

/** The timestamp of the request, where it is part of what is signed. */
function timestampOf(
  profile: Profile,
  rule: SignatureRule,
  { headers, nowMs }: ExplainInput,
): Timestamp | null {
  const stamp = profile.policies.timestamp.value;
  if (stamp.kind === 'none' || !rule.content.includes('{timestamp}')) return null;
  const value = sentValue(headers, stamp.header);
  if (value === null) return null;
  const units = { unixSeconds: 1000, unixMillis: 1, isoMicros: null, isoMillis: null }[stamp.format];
  const atMs = units === null ? Date.parse(value) : /^\d{1,13}$/.test(value) ? Number(value) * units : NaN;
  const readable = Number.isFinite(atMs) && Math.abs(atMs) <= 8.64e15;
  return {
    header: stamp.header,
    value,
    at: readable ? isoMillis(atMs) : null,
    ageMs: readable ? nowMs - atMs : null,
  };
}

function judgeTime({ header, value, ageMs }: Timestamp, { toleranceMs }: ExplainInput): Cause[] {
  if (toleranceMs === null) return [];
  if (ageMs === null)
    return [
      { code: 'unreadable_timestamp', text: `${header} is "${value.slice(0, 60)}", which is no instant` },
    ];
  if (Math.abs(ageMs) <= toleranceMs) return [];
  const [span, allowed] = [formatDuration(Math.abs(ageMs)), formatDuration(toleranceMs)];
  return ageMs > 0
    ? [
        {
          code: 'stale_timestamp',
          text: `${header} is ${span} old, more than the ${allowed} that are tolerated`,
        },
      ]
    : [
        {
          code: 'future_timestamp',
          text: `${header} is ${span} ahead, more than the ${allowed} that are tolerated`,
        },
      ];
}
