import { timingSafeEqual } from 'node:crypto';
import { utf8 } from '../../lib/bytes.js';
import type { HeaderList, Profile, SignatureRule } from '../contract.js';
import { hmacSha256 } from './hmac.js';

export interface Arrived {
  headers: HeaderList;
  body: Uint8Array;
}

export interface Verified {
  /** Null when the provider proves nothing, or what the consumer chose is not known here. */
  verified: boolean | null;
  reason: string | null;
}

/** Checks an arrived request as a careful consumer of this provider would: by the profile's own data. */
export function verify(profile: Profile, { headers, body }: Arrived, secrets: readonly string[]): Verified {
  const auth = profile.auth.value;
  if (auth.kind === 'sharedKey') {
    const sent = sentValue(headers, auth.header);
    if (sent === null) return refused(`${auth.header} is missing`);
    return secrets.some((secret) => sameText(secret, sent))
      ? { verified: true, reason: null }
      : refused(`${auth.header} is not the key`);
  }
  const rule = signatureRule(profile);
  if (rule && (auth.kind === 'signature' || secrets.length > 0))
    return verifySignature(profile, rule, { headers, body }, secrets);
  const reason =
    auth.kind === 'chosen' ? 'the consumer chooses how it is proved' : 'the provider proves nothing';
  return { verified: null, reason };
}

/** How the provider signs, where it does: always, or where a consumer asked for it. */
export function signatureRule(profile: Profile): SignatureRule | null {
  const auth = profile.auth.value;
  if (auth.kind === 'signature') return auth;
  return auth.kind === 'chosen' ? (auth.signature ?? null) : null;
}

function verifySignature(
  profile: Profile,
  rule: SignatureRule,
  { headers, body }: Arrived,
  secrets: readonly string[],
): Verified {
  const sent = sentValue(headers, rule.header);
  if (sent === null) return refused(`${rule.header} is missing`);
  return secrets.some((secret) => fits(rule, sent, digestOf(profile, rule, { headers, body }, secret)))
    ? { verified: true, reason: null }
    : refused(`${rule.header} does not fit the body and the secret`);
}

/** What the header has to hold for this body and secret, prefix and all. */
export function digestOf(
  profile: Profile,
  rule: SignatureRule,
  { headers, body }: Arrived,
  secret: string,
): string {
  const before = signedBefore(profile, rule.content, headers);
  return rule.prefix + hmacSha256(keyOf(secret, rule.key), [before, body], rule.encoding);
}

/** Whether one of the values in the header is this one. */
export function fits(rule: SignatureRule, sent: string, digest: string): boolean {
  const parts = rule.separator === '' ? [sent] : sent.split(rule.separator);
  return parts.some((part) => sameText(digest, part));
}

/** What stands before the body in the signed content, from the headers of the request. */
export function signedBefore(profile: Profile, content: string, headers: HeaderList): string {
  const stamp = profile.policies.timestamp.value;
  const id = profile.eventId.value;
  return content
    .replace('{body}', '')
    .replace('{id}', () => (id.kind === 'header' ? (sentValue(headers, id.header) ?? '') : ''))
    .replace('{timestamp}', () => (stamp.kind === 'header' ? (sentValue(headers, stamp.header) ?? '') : ''));
}

export function keyOf(secret: string, key: 'utf8' | 'whsec'): Uint8Array {
  return key === 'utf8' ? utf8(secret) : Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

/** The first header of this name, in any case; null when there is none. */
export function sentValue(headers: HeaderList, name: string): string | null {
  const wanted = name.toLowerCase();
  return headers.find(([sent]) => sent.toLowerCase() === wanted)?.[1] ?? null;
}

/** In constant time, but for the length. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [utf8(a), utf8(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refused(reason: string): Verified {
  return { verified: false, reason };
}
