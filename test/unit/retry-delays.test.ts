import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryCurve, RetryPolicy } from '../../src/providers/contract.js';
import { type Failure, nextDelay, retryDelays } from '../../src/providers/retry/delays.js';

const HOUR_MS = 3_600_000;
const SPAN_MS = 72 * HOUR_MS;

function policy(curve: RetryCurve, rest: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    curve,
    anchor: 'previousEnd',
    jitter: 0,
    penaltyMs: 0,
    retryAfter: 'ignore',
    instantTransportRetry: false,
    ...rest,
  };
}

function failure(rest: Partial<Failure> = {}): Failure {
  return { attempt: 1, random: { float: () => 0.5 }, retryAfterMs: null, timedOutOr429: false, ...rest };
}

const sum = (delays: readonly number[]) => delays.reduce((a, b) => a + b, 0);

describe('doubling to a span', () => {
  it('gives the delays of 15 retries over 3 days, to the millisecond', () => {
    const delays = retryDelays(policy({ kind: 'doublingToSpan', retries: 15, spanMs: SPAN_MS, capMs: null }));
    expect(delays.slice(0, 4)).toEqual([7910, 15821, 31642, 63283]);
    expect(delays.map((ms) => Math.round(ms / 10) / 100)).toEqual([
      7.91, 15.82, 31.64, 63.28, 126.57, 253.13, 506.27, 1012.53, 2025.06, 4050.12, 8100.25, 16200.49,
      32400.99, 64801.98, 129603.96,
    ]);
    expect(sum(delays)).toBe(SPAN_MS);
  });

  it('shares what the capped delays leave', () => {
    const capped = (hours: number) =>
      retryDelays(policy({ kind: 'doublingToSpan', retries: 15, spanMs: SPAN_MS, capMs: hours * HOUR_MS }));
    expect(capped(12).slice(-6)).toEqual([21621114, ...new Array(5).fill(12 * HOUR_MS)]);
    expect(capped(24).slice(-3)).toEqual([43205274, 24 * HOUR_MS, 24 * HOUR_MS]);
  });

  it('sums to exactly its span, never falls and never passes its cap', () => {
    const arbitrary = fc
      .record({ retries: fc.integer({ min: 1, max: 20 }), spanMs: fc.integer({ min: 1000, max: 1e9 }) })
      .chain(({ retries, spanMs }) =>
        fc.record({
          retries: fc.constant(retries),
          spanMs: fc.constant(spanMs),
          capMs: fc.option(fc.integer({ min: Math.ceil(spanMs / retries), max: spanMs * 2 })),
        }),
      );
    fc.assert(
      fc.property(arbitrary, (curve) => {
        const delays = retryDelays(policy({ kind: 'doublingToSpan', ...curve }));
        expect(delays).toHaveLength(curve.retries);
        expect(sum(delays)).toBe(curve.spanMs);
        for (const [i, delay] of delays.entries()) {
          expect(Number.isInteger(delay)).toBe(true);
          // Rounding of sums may take one millisecond from the next delay.
          expect(delay).toBeGreaterThanOrEqual((delays[i - 1] ?? 0) - 1);
          expect(delay).toBeLessThanOrEqual(curve.capMs ?? curve.spanMs);
        }
      }),
    );
  });

  it('refuses a cap under which the span cannot be reached', () => {
    const curve = { kind: 'doublingToSpan', retries: 3, spanMs: 1000, capMs: 100 } as const;
    expect(() => retryDelays(policy(curve))).toThrow('too short');
  });
});

describe('the other curves', () => {
  it('follows the example in the documentation of Cloud Tasks', () => {
    const curve: RetryCurve = {
      kind: 'cloudTasks',
      retries: 8,
      minBackoffMs: 10_000,
      maxBackoffMs: 300_000,
      maxDoublings: 3,
    };
    expect(retryDelays(policy(curve)).map((ms) => ms / 1000)).toEqual([10, 20, 40, 80, 160, 240, 300, 300]);
  });

  it('repeats a fixed delay, none for no retries', () => {
    expect(retryDelays(policy({ kind: 'fixed', retries: 3, delayMs: 5 }))).toEqual([5, 5, 5]);
    expect(retryDelays(policy({ kind: 'fixed', retries: 0, delayMs: 5 }))).toEqual([]);
  });

  it('adds up to offsets from the first attempt, except for a list, which holds them', () => {
    const first = { anchor: 'first' } as const;
    expect(retryDelays(policy({ kind: 'fixed', retries: 3, delayMs: 5 }, first))).toEqual([5, 10, 15]);
    expect(retryDelays(policy({ kind: 'list', delaysMs: [1, 5, 9] }, first))).toEqual([1, 5, 9]);
  });
});

describe('the next delay', () => {
  const list: RetryCurve = { kind: 'list', delaysMs: [1000, 3000, 10_000] };

  it('is the planned one, and none when the schedule is used up', () => {
    expect(nextDelay(policy(list), failure({ attempt: 3 }))).toEqual({
      anchor: 'previousEnd',
      delayMs: 10_000,
    });
    expect(nextDelay(policy(list), failure({ attempt: 4 }))).toBeNull();
  });

  it('is spread by its jitter to either side', () => {
    const spread = (float: number) =>
      nextDelay(policy(list, { jitter: 0.2 }), failure({ random: { float: () => float } }))?.delayMs;
    expect([spread(0), spread(0.5), spread(1 - 2 ** -32)]).toEqual([800, 1000, 1200]);
  });

  it('follows Retry-After between one and two times the plan', () => {
    const asked = (retryAfterMs: number | null, retryAfter: 'clamp' | 'ignore' = 'clamp') =>
      nextDelay(policy(list, { retryAfter }), failure({ retryAfterMs }))?.delayMs;
    expect([asked(0), asked(1500), asked(60_000), asked(null)]).toEqual([1000, 1500, 2000, 1000]);
    expect(asked(1500, 'ignore')).toBe(1000);
  });

  it('is at least the penalty after a timeout or a 429', () => {
    const punished = (timedOutOr429: boolean) =>
      nextDelay(policy(list, { penaltyMs: 60_000 }), failure({ timedOutOr429 }))?.delayMs;
    expect([punished(true), punished(false)]).toEqual([60_000, 1000]);
  });

  it('bends only the last gap where it counts from the first attempt', () => {
    const clamped = policy(list, { anchor: 'first', retryAfter: 'clamp' });
    expect(nextDelay(clamped, failure({ attempt: 2, retryAfterMs: 60_000 }))).toEqual({
      anchor: 'first',
      delayMs: 5000,
    });
  });
});
