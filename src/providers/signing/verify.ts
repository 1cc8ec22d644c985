import { timingSafeEqual } from 'node:crypto';
import { utf8 } from '../../lib/bytes.js';
import type { AuthRule, HeaderList, Profile } from '../contract.js';
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
  switch (auth.kind) {
    case 'none':
      return { verified: null, reason: 'the provider proves nothing' };
    case 'chosen':
      return { verified: null, reason: 'the consumer chooses how it is proved' };
    case 'sharedKey': {
      const sent = sentValue(headers, auth.header);
      if (sent === null) return refused(`${auth.header} is missing`);
      return secrets.some((secret) => equal(secret, sent))
        ? { verified: true, reason: null }
        : refused(`${auth.header} is not the key`);
    }
    case 'signature':
      return verifySignature(profile, auth, { headers, body }, secrets);
  }
}

function verifySignature(
  profile: Profile,
  auth: Extract<AuthRule, { kind: 'signature' }>,
  { headers, body }: Arrived,
  secrets: readonly string[],
): Verified {
  const sent = sentValue(headers, auth.header);
  if (sent === null) return refused(`${auth.header} is missing`);
  const stamp = profile.policies.timestamp.value;
  const id = profile.eventId.value;
  const before = auth.content
    .replace('{body}', '')
    .replace('{id}', id.kind === 'header' ? (sentValue(headers, id.header) ?? '') : '')
    .replace('{timestamp}', stamp.kind === 'header' ? (sentValue(headers, stamp.header) ?? '') : '');
  const digests = secrets.map(
    (secret) => auth.prefix + hmacSha256(keyOf(secret, auth.key), [before, body], auth.encoding),
  );
  const parts = auth.separator === '' ? [sent] : sent.split(auth.separator);
  const matches = parts.some((part) => digests.some((digest) => equal(digest, part)));
  return matches
    ? { verified: true, reason: null }
    : refused(`${auth.header} does not fit the body and the secret`);
}

function keyOf(secret: string, key: 'utf8' | 'whsec'): Uint8Array {
  return key === 'utf8' ? utf8(secret) : Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function sentValue(headers: HeaderList, name: string): string | null {
  const wanted = name.toLowerCase();
  return headers.find(([sent]) => sent.toLowerCase() === wanted)?.[1] ?? null;
}

function equal(a: string, b: string): boolean {
  const [left, right] = [utf8(a), utf8(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refused(reason: string): Verified {
  return { verified: false, reason };
}
