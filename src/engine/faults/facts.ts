import { isUtf8 } from 'node:buffer';
import { asText } from '../../lib/bytes.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { seededRandom } from '../../lib/random.js';
import type { HeaderList, Profile, RequestInput, WireRequest } from '../../providers/contract.js';
import type { Target, Wire } from './fault.js';

/** What can be known of any provider's requests by making two of them that differ in one thing. All pure. */

/** One request, twice the same for the same input: whatever a profile draws at random is drawn from the same place. */
export function requestOf(profile: Profile, input: RequestInput): Wire {
  const wire = profile.request({ ...input, random: seededRandom('probe') });
  return { ...wire, body: wire.body ?? input.body };
}

/** Lowercase names of the headers that prove who sends: the signature wherever it stands, or the key in its place. */
export function proofHeaders(profile: Profile, wire: WireRequest, input: RequestInput): string[] {
  const { signature, headers } = wire;
  if (signature !== null) {
    const value = headerValue(headers, signature.header);
    return headers.filter(([, v]) => v === value).map(([name]) => name.toLowerCase());
  }
  const auth = profile.auth.value;
  const own = input.customHeaders.map(([name]) => name.toLowerCase());
  if (auth.kind === 'sharedKey') return present(headers, [auth.header.toLowerCase()]);
  return present(
    headers,
    wire.secretHeaders.filter((name) => !own.includes(name)),
  );
}

export const NO_PROOF = 'Nothing in its requests proves who sends them, so there is nothing to falsify.';

/** Why a fault of the proof makes no sense here, or null. */
export function refuseWithoutProof({ profile, wire, input }: Target): string | null {
  return proofHeaders(profile, wire, input).length > 0 ? null : `${profile.name}: ${NO_PROOF}`;
}

/** Why a fault of the secret makes no sense here, or null. */
export function refuseWithoutSecret(target: Target): string | null {
  const { profile, input } = target;
  return input.secrets.length > 0
    ? refuseWithoutProof(target)
    : `No secret is set for this subscription of ${profile.name}: set one, where the provider takes one.`;
}

/** Why a fault of what is signed makes no sense here, or null. */
export function refuseUnsigned({ profile, wire }: Target): string | null {
  return wire.signature
    ? null
    : `${profile.name} signs nothing here: set a secret, where the provider takes one.`;
}

/** Why an instant cannot be falsified here, or null. */
export function refuseUnstamped(target: Target): string | null {
  const { profile, input } = target;
  const unsigned = refuseUnsigned(target);
  if (unsigned) return unsigned;
  const later = {
    ...input,
    timestampMs: input.timestampMs + 3_600_000,
    eventTimestampMs: input.eventTimestampMs + 3_600_000,
  };
  return signedText(profile, input) === signedText(profile, later)
    ? `${profile.name} signs no timestamp here, so a consumer cannot tell how old a request is.`
    : null;
}

/** Why a fault of the id in a header makes no sense here, or null. */
export function refuseUnsignedId(target: Target): string | null {
  const { profile, input } = target;
  const unsigned = refuseUnsigned(target);
  if (unsigned) return unsigned;
  return signedText(profile, { ...input, providerEventId: 'a' }) ===
    signedText(profile, { ...input, providerEventId: 'b' })
    ? `${profile.name} signs no id in a header, so a signature fits no message less than another.`
    : null;
}

/** Everything before the body in what is signed. */
function signedText(profile: Profile, input: RequestInput): string {
  return JSON.stringify(requestOf(profile, input).signature?.contents ?? null);
}

/** Why a fault that rewrites the body makes no sense here, or null. */
export function refuseUnreadable({ profile, input }: Target): string | null {
  return jsonOf(input.body) === null
    ? `The bodies of ${profile.name} are no JSON object here, so nothing can be put into them.`
    : null;
}

/** The body as a JSON object, or null. */
export function jsonOf(body: Uint8Array): { [key: string]: Json } | null {
  if (!isUtf8(body)) return null;
  try {
    const json = JSON.parse(asText(body)) as Json;
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

export function headerValue(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([sent]) => sent.toLowerCase() === wanted)?.[1];
}

/** The headers of these lowercase names, changed; null leaves one out. */
export function changeHeaders(
  headers: HeaderList,
  names: readonly string[],
  change: (value: string) => string | null,
): HeaderList {
  return headers.flatMap(([name, value]) => {
    if (!names.includes(name.toLowerCase())) return [[name, value] as const];
    const changed = change(value);
    return changed === null ? [] : [[name, changed] as const];
  });
}

function present(headers: HeaderList, names: readonly string[]): string[] {
  return names.filter((name) => headers.some(([sent]) => sent.toLowerCase() === name));
}
