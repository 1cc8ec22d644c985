import { invariant } from '../../lib/invariant.js';
import type { Random } from '../../lib/random.js';
import type { RetryCurve, RetryPolicy } from '../contract.js';

/** Before each retry, milliseconds: offsets from the first attempt where the anchor is `first`, else gaps. */
export function retryDelays(policy: Pick<RetryPolicy, 'curve' | 'anchor'>): number[] {
  const delays = curveDelays(policy.curve);
  if (policy.anchor !== 'first' || policy.curve.kind === 'list') return delays;
  let sum = 0;
  return delays.map((delay) => (sum += delay));
}

export interface Failure {
  /** Number of the attempt that failed, from 1. */
  attempt: number;
  random: Pick<Random, 'float'>;
  /** What the answer's Retry-After asks for, or null. */
  retryAfterMs: number | null;
  timedOutOr429: boolean;
}

/** When to try again, or null when the schedule is used up. `delayMs` counts from `anchor`. */
export function nextDelay(
  policy: RetryPolicy,
  failure: Failure,
): { anchor: RetryPolicy['anchor']; delayMs: number } | null {
  const delays = delaysOf(policy);
  const planned = delays[failure.attempt - 1];
  if (planned === undefined) return null;
  const before = policy.anchor === 'first' ? (delays[failure.attempt - 2] ?? 0) : 0;
  return { anchor: policy.anchor, delayMs: before + adjust(planned - before, policy, failure) };
}

const known = new WeakMap<RetryPolicy, readonly number[]>();

/** Asked at every failed attempt, and a policy never changes. */
function delaysOf(policy: RetryPolicy): readonly number[] {
  const kept = known.get(policy) ?? retryDelays(policy);
  known.set(policy, kept);
  return kept;
}

function adjust(gapMs: number, policy: RetryPolicy, failure: Failure): number {
  let ms = gapMs;
  if (policy.jitter > 0) ms *= 1 + policy.jitter * (2 * failure.random.float() - 1);
  if (policy.retryAfter === 'clamp' && failure.retryAfterMs !== null)
    ms = Math.min(Math.max(failure.retryAfterMs, gapMs), 2 * gapMs);
  if (failure.timedOutOr429) ms = Math.max(ms, policy.penaltyMs);
  return Math.round(ms);
}

function curveDelays(curve: RetryCurve): number[] {
  switch (curve.kind) {
    case 'list':
      return [...curve.delaysMs];
    case 'fixed':
      return new Array<number>(curve.retries).fill(curve.delayMs);
    case 'doublingToSpan':
      return doublingToSpan(curve);
    case 'cloudTasks':
      return Array.from({ length: curve.retries }, (_, k) => {
        const doubled = curve.minBackoffMs * 2 ** Math.min(k, curve.maxDoublings);
        return Math.min(doubled * Math.max(1, k - curve.maxDoublings + 1), curve.maxBackoffMs);
      });
  }
}

/**
 * Differences of rounded sums, so that the integers add up to exactly `spanMs`. With a cap, the last delays are the cap
 * and the doubling ones share what is left of the span.
 */
function doublingToSpan(curve: Extract<RetryCurve, { kind: 'doublingToSpan' }>): number[] {
  const { retries, spanMs } = curve;
  const capMs = curve.capMs ?? Number.POSITIVE_INFINITY;
  if (retries === 0) return [];
  invariant(retries * capMs >= spanMs, 'a capped curve is too short for its span');
  let doubling = retries;
  while (doubling > 0 && largest(shareOf(curve, doubling), doubling) > capMs) doubling -= 1;
  const shared = shareOf(curve, doubling);
  const sum = (k: number) =>
    k < doubling
      ? Math.round((shared * (2 ** k - 1)) / (2 ** doubling - 1))
      : spanMs - (k === retries ? 0 : (retries - k) * capMs);
  return Array.from({ length: retries }, (_, k) => sum(k + 1) - sum(k));
}

/** Milliseconds that are left for the first `doubling` delays when all later ones are the cap. */
function shareOf(curve: { retries: number; spanMs: number; capMs: number | null }, doubling: number): number {
  return (
    curve.spanMs - (curve.retries - doubling === 0 ? 0 : (curve.retries - doubling) * (curve.capMs ?? 0))
  );
}

function largest(sharedMs: number, doubling: number): number {
  return (sharedMs * 2 ** (doubling - 1)) / (2 ** doubling - 1);
}
