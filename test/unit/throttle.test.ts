import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBucket, type Limit, place, spend, tokensOf } from '../../src/engine/throttle.js';

const limit = (rate: number): Limit => ({ bucket: createBucket(), rate });

describe('on the system clock', () => {
  it('gives a second’s worth at once, then one at a time', () => {
    const limits = [limit(10)];
    expect(tokensOf(limits, 1_000)).toEqual({ count: 10, waitMs: null });
    for (let i = 0; i < 10; i++) spend(limits, 1_000);
    expect(tokensOf(limits, 1_000)).toEqual({ count: 0, waitMs: 100 });
    expect(tokensOf(limits, 1_100)).toEqual({ count: 1, waitMs: null });
    spend(limits, 1_100);
    expect(tokensOf(limits, 1_150)).toEqual({ count: 0, waitMs: expect.closeTo(50) });
  });

  it('counts what was sent before anybody asked', () => {
    const limits = [limit(3)];
    spend(limits, 1_000);
    expect(tokensOf(limits, 1_000)).toEqual({ count: 2, waitMs: null });
  });

  it('saves up no more than a second’s worth, of whatever rate it has now', () => {
    const one = limit(3);
    tokensOf([one], 0);
    expect(tokensOf([one], 3_600_000).count).toBe(3);
    expect(tokensOf([{ ...one, rate: 2 }], 3_600_000).count).toBe(2);
  });

  it('knows no bounds without a limit', () => {
    expect(tokensOf([], 0)).toEqual({ count: Number.POSITIVE_INFINITY, waitMs: null });
  });

  it('allows what every limit allows, and waits for the one that takes longest', () => {
    const [own, shared] = [limit(10), limit(4)];
    expect(tokensOf([own, shared], 0).count).toBe(4);
    for (let i = 0; i < 4; i++) spend([own, shared], 0);
    expect(tokensOf([own, shared], 0)).toEqual({ count: 0, waitMs: 250 });
    expect(tokensOf([own], 0).count).toBe(6);
  });

  it('gives nothing twice: what was promised to others is taken off', () => {
    const shared = limit(4);
    expect(tokensOf([shared], 0, new Map([[shared.bucket, 3]]))).toEqual({ count: 1, waitMs: null });
    expect(tokensOf([shared], 0, new Map([[shared.bucket, 4]]))).toEqual({ count: 0, waitMs: 250 });
  });

  it('never passes its rate over any span, beyond the second saved up', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (rate, gaps) => {
        const limits = [limit(rate)];
        let now = 0;
        let sent = 0;
        for (const gap of gaps) {
          now += gap;
          const { count } = tokensOf(limits, now);
          for (let i = 0; i < count; i++) spend(limits, now);
          sent += count;
        }
        expect(sent).toBeLessThanOrEqual(rate + (now * rate) / 1_000 + 1e-6);
      }),
    );
  });
});

describe('on a clock of its own', () => {
  it('fills whole seconds of tenant time in the order asked', () => {
    const limits = [limit(3)];
    const places = Array.from({ length: 7 }, () => place(limits, 5_250));
    expect(places).toEqual([null, null, null, 6_000, 6_000, 6_000, 7_000]);
  });

  it('lets what was put off go in its second, and what comes then find the next with room', () => {
    const limits = [limit(2)];
    for (let i = 0; i < 5; i++) place(limits, 0);
    expect([place(limits, 1_000), place(limits, 1_000)]).toEqual([null, null]);
    expect(place(limits, 1_400)).toBe(2_000);
    expect(place(limits, 1_500)).toBe(3_000);
  });

  it('counts under every limit, and puts off to where all have room', () => {
    const shared = limit(3);
    const [one, other] = [
      [limit(2), shared],
      [limit(2), shared],
    ];
    expect([place(one!, 0), place(one!, 0), place(one!, 0)]).toEqual([null, null, 1_000]);
    expect([place(other!, 0), place(other!, 0), place(other!, 0)]).toEqual([null, 1_000, 1_000]);
    // The next second of the shared one is full, though their own are not.
    expect([place(one!, 0), place(other!, 0)]).toEqual([2_000, 2_000]);
  });

  it('sends no second more than its rate, and puts everything somewhere', () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.boolean()), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        arrivals,
        (own, all, due) => {
          const shared = limit(all);
          const lanes = [
            [limit(own), shared],
            [limit(own), shared],
          ];
          const waiting = due.map(([at, first]) => ({ at, lane: first ? 0 : 1 }));
          const sent = new Map<string, number>();
          const count = (key: string) => sent.set(key, (sent.get(key) ?? 0) + 1);
          for (let turns = 0; waiting.length > 0; turns++) {
            expect(turns).toBeLessThan(5_000);
            waiting.sort((a, b) => a.at - b.at);
            const { at, lane } = waiting.shift()!;
            const until = place(lanes[lane]!, at);
            if (until !== null) {
              expect(until).toBeGreaterThan(at);
              waiting.push({ at: until, lane });
              continue;
            }
            const second = Math.floor(at / 1_000);
            count(`all ${second}`);
            count(`${lane} ${second}`);
          }
          for (const [key, n] of sent) expect(n).toBeLessThanOrEqual(key.startsWith('all') ? all : own);
          const total = [...sent].filter(([key]) => key.startsWith('all')).reduce((sum, [, n]) => sum + n, 0);
          expect(total).toBe(due.length);
        },
      ),
    );
  });
});
