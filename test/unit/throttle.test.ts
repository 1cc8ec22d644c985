import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LaneSnapshot } from '../../src/engine/lane-snapshot.js';
import { createThrottle } from '../../src/engine/throttle.js';

function lane(rateLimit: number | null, clockMode: 'system' | 'scaled' | 'manual' = 'system'): LaneSnapshot {
  return { rateLimit, tenant: { clockMode, clockRate: 1, wire: 'wall' } } as LaneSnapshot;
}

describe('on the system clock', () => {
  it('gives a second’s worth at once, then one at a time', () => {
    const throttle = createThrottle();
    expect(throttle.available(lane(10), 1_000)).toEqual({ count: 10, waitMs: null });
    for (let i = 0; i < 10; i++) throttle.spend(lane(10), 1_000);
    expect(throttle.available(lane(10), 1_000)).toEqual({ count: 0, waitMs: 100 });
    expect(throttle.available(lane(10), 1_100)).toEqual({ count: 1, waitMs: null });
    throttle.spend(lane(10), 1_100);
    expect(throttle.available(lane(10), 1_150)).toEqual({ count: 0, waitMs: expect.closeTo(50) });
  });

  it('counts one that was claimed before its limit was known', () => {
    const throttle = createThrottle();
    throttle.available(null, 1_000);
    throttle.spend(lane(3), 1_000);
    expect(throttle.available(lane(3), 1_000)).toEqual({ count: 2, waitMs: null });
  });

  it('saves up no more than a second’s worth', () => {
    const throttle = createThrottle();
    throttle.available(lane(3), 0);
    expect(throttle.available(lane(3), 3_600_000).count).toBe(3);
  });

  it('knows no bounds without a limit, before a subscription is known, and on a clock of its own', () => {
    for (const at of [null, lane(null), lane(1, 'manual'), lane(1, 'scaled')])
      expect(createThrottle().available(at, 0)).toEqual({ count: Number.POSITIVE_INFINITY, waitMs: null });
  });

  it('owes nothing for what was sent while there was no limit', () => {
    const throttle = createThrottle();
    throttle.available(lane(2), 0);
    for (let i = 0; i < 1_000; i++) {
      throttle.available(lane(null), 1);
      throttle.spend(lane(null), 1);
    }
    expect(throttle.available(lane(2), 2).count).toBe(2);
  });

  it('never passes its rate over any span, beyond the second saved up', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (rate, gaps) => {
        const throttle = createThrottle();
        let now = 0;
        let sent = 0;
        for (const gap of gaps) {
          now += gap;
          const { count } = throttle.available(lane(rate), now);
          for (let i = 0; i < count; i++) throttle.spend(lane(rate), now);
          sent += count;
        }
        expect(sent).toBeLessThanOrEqual(rate + (now * rate) / 1_000 + 1e-6);
      }),
    );
  });
});

describe('on a clock of its own', () => {
  it('fills whole seconds of tenant time in the order asked', () => {
    const throttle = createThrottle();
    const places = Array.from({ length: 7 }, () => throttle.place(5_250, 3));
    expect(places).toEqual([null, null, null, 6_000, 6_000, 6_000, 7_000]);
  });

  it('lets what was put off go in its second, and what comes then find the next with room', () => {
    const throttle = createThrottle();
    for (let i = 0; i < 5; i++) throttle.place(0, 2);
    expect([throttle.place(1_000, 2), throttle.place(1_000, 2)]).toEqual([null, null]);
    expect(throttle.place(1_400, 2)).toBe(2_000);
    expect(throttle.place(1_500, 2)).toBe(3_000);
  });

  it('sends no second more than its rate, and puts everything somewhere', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), arrivals, (rate, due) => {
        const throttle = createThrottle();
        const waiting = due.toSorted((a, b) => a - b);
        const sent = new Map<number, number>();
        for (let turns = 0; waiting.length > 0; turns++) {
          expect(turns).toBeLessThan(5_000);
          const at = waiting.shift()!;
          const until = throttle.place(at, rate);
          if (until === null) {
            const second = Math.floor(at / 1_000);
            sent.set(second, (sent.get(second) ?? 0) + 1);
          } else {
            expect(until).toBeGreaterThan(at);
            waiting.push(until);
            waiting.sort((a, b) => a - b);
          }
        }
        expect(Math.max(...sent.values())).toBeLessThanOrEqual(rate);
        expect([...sent.values()].reduce((a, b) => a + b)).toBe(due.length);
      }),
    );
  });
});
