import { isObject, type Json } from '../lib/merge-patch.js';
import type { HeaderList, Profile } from '../providers/contract.js';
import { sentValue } from '../providers/signing/verify.js';

/** How deep an envelope goes. */
const DEPTH = 2;

/** Which of the provider's events it is; null for one that nobody knows, and for a test. */
export function typeOf(profile: Profile, json: Json): string | null {
  const { test } = profile;
  const known = new Set(profile.events.map(({ type }) => type));
  if (test.value.kind === 'type') known.delete(test.value.type);
  return find(json, (text) => known.has(text), DEPTH);
}

/** The type of the provider's test event, where it is one. */
export function testTypeOf({ test }: Profile, json: Json): string | null {
  const { kind, type } = test.value;
  return kind === 'type' ? find(json, (text) => text === type, DEPTH) : null;
}

/** What the provider tells its consumers to take an event once by; null where it has nothing. */
export function idOf(
  profile: Profile,
  { headers, json }: { headers: HeaderList; json: Json },
): string | null {
  const rule = profile.eventId.value;
  if (rule.kind === 'none') return null;
  if (rule.kind === 'header') return sentValue(headers, rule.header);
  let node: Json | undefined = json;
  for (const step of rule.path) node = isObject(node) ? node[step] : undefined;
  return typeof node === 'string' || typeof node === 'number' ? String(node) : null;
}

/** The first text that fits, the envelope before what is in it. */
function find(node: Json, fits: (text: string) => boolean, depth: number): string | null {
  if (!isObject(node)) return null;
  const values = Object.values(node);
  const here = values.find((value) => typeof value === 'string' && fits(value));
  if (typeof here === 'string') return here;
  if (depth === 0) return null;
  for (const value of values) {
    const inner = find(value as Json, fits, depth - 1);
    if (inner !== null) return inner;
  }
  return null;
}
