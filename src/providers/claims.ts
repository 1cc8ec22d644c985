import type { Claim, Claimed } from './contract.js';

/** A claim without a value: for an event, a body, a setting, a preset. */
export function documentedClaim(source: string, quote: string): Claim {
  return { claim: 'documented', source, quote };
}

export function externalClaim(source: string, why?: string): Claim {
  return why === undefined ? { claim: 'external', source } : { claim: 'external', source, why };
}

export function assumedClaim(why: string, source: string | null = null): Claim {
  return { claim: 'assumed', source, why };
}

/** @param quote at most 15 words, verbatim in the document `source` names (`seeds/noyo.md`). */
export function documented<const T>(value: T, source: string, quote: string): Claimed<T> {
  return { value, ...documentedClaim(source, quote) };
}

/** @param url first-party material outside the documents. */
export function external<const T>(value: T, url: string, why?: string): Claimed<T> {
  return { value, ...externalClaim(url, why) };
}

/** @param why this reading and not another. */
export function assumed<const T>(value: T, why: string, source: string | null = null): Claimed<T> {
  return { value, ...assumedClaim(why, source) };
}
