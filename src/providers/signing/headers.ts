import type { HeaderList } from '../contract.js';

/** The provider's headers in their order; a custom one of the same name takes its place, the others come last. */
export function mergeHeaders(own: HeaderList, custom: HeaderList): HeaderList {
  if (custom.length === 0) return own;
  const merged = new Map(own.map((header) => [header[0].toLowerCase(), header]));
  for (const header of custom) merged.set(header[0].toLowerCase(), header);
  return [...merged.values()];
}

const SECRET = /auth|cookie|credential|key|pass|secret|session|token/i;

/** Of a subscription's own headers, the lowercase names of those whose values look like credentials. */
export function secretHeaderNames(custom: HeaderList): string[] {
  return custom.filter(([name]) => SECRET.test(name)).map(([name]) => name.toLowerCase());
}

/** What we call ourselves where the provider's own user agent is not known. */
export function ownUserAgent(version: string, providerId: string): string {
  return `Ringer/${version} (${providerId})`;
}
