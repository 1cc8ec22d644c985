import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assess,
  compareVerdicts,
  type Health,
  type HealthVerdict,
  shiftHealth,
  watches,
} from '../../src/engine/attempt/assess.js';
import type { HealthPolicy } from '../../src/providers/contract.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ACTIVE: Health = { status: 'active', memory: null };

const noyo: HealthPolicy = { kind: 'unhealthyThenFailed', failAfterMs: 7 * DAY, scope: 'attempt' };
const svix: HealthPolicy & { kind: 'disableAfterSpan' } = {
  kind: 'disableAfterSpan',
  confirmFromMs: 12 * HOUR,
  confirmToMs: 24 * HOUR,
  disableAfterMs: 5 * DAY,
  judgedAt: 'attempt',
};
const svixOss: HealthPolicy = { ...svix, confirmFromMs: 0, confirmToMs: 10 * DAY, judgedAt: 'exhaustion' };

interface Given extends Partial<Omit<HealthVerdict, 'ok' | 'startedAtMs'>> {
  at: number;
}

const failure = ({ at, ...rest }: Given): HealthVerdict => ({
  ok: false,
  startedAtMs: at,
  deliveryId: 'd5',
  eventCreatedAtMs: at,
  exhausted: false,
  disables: false,
  ...rest,
});
const success = (given: Given): HealthVerdict => ({ ...failure(given), ok: true });

function walk(policy: HealthPolicy, verdicts: readonly HealthVerdict[], from: Health = ACTIVE): Health {
  return verdicts.reduce((health, verdict) => assess(policy, health, verdict), from);
}

describe('no policy, or the user’s', () => {
  it.each([{ kind: 'none' }, { kind: 'byUser' }] as const)('$kind: attempts change nothing', (policy) => {
    expect(watches(policy)).toBe(false);
    expect(assess(policy, ACTIVE, failure({ at: 0, exhausted: true }))).toBe(ACTIVE);
  });
});

describe('an endpoint that asks to be disabled', () => {
  it.each([{ kind: 'none' }, noyo, svix] as const)('is, under any policy: $kind', (policy) => {
    const asked = success({ at: 1, disables: true });
    expect(assess(policy, ACTIVE, asked)).toEqual({ status: 'disabled', memory: null });
    const before: Health = { status: 'active', memory: { lastFailure: [0, 'd1'], failingSince: 0 } };
    expect(assess(policy, before, asked)).toEqual({ ...before, status: 'disabled' });
  });

  it.each(['paused', 'failed', 'disabled'])('stays as it is while it is %s', (status) => {
    const stopped: Health = { status, memory: null };
    expect(assess(svix, stopped, failure({ at: 1, disables: true }))).toBe(stopped);
  });
});

describe('unhealthy, then failed', () => {
  it.each<[string, HealthVerdict[], string, number | undefined]>([
    ['nothing', [], 'active', undefined],
    ['a success', [success({ at: 1 })], 'active', undefined],
    ['a failure', [failure({ at: 1 })], 'unhealthy', 1],
    ['two failures: since the first', [failure({ at: 1 }), failure({ at: 9 })], 'unhealthy', 1],
    ['a failure whose record came late', [failure({ at: 9 }), failure({ at: 1 })], 'unhealthy', 1],
    ['a failure and a success', [failure({ at: 1 }), success({ at: 2 })], 'active', undefined],
    ['and another failure', [failure({ at: 1 }), success({ at: 2 }), failure({ at: 3 })], 'unhealthy', 3],
    ['a success that started before the failure', [failure({ at: 5 }), success({ at: 4 })], 'unhealthy', 5],
    [
      'a success that started before the last of two failures',
      [failure({ at: 1 }), failure({ at: 5 }), success({ at: 4 })],
      'unhealthy',
      1,
    ],
    [
      'a success of the same instant and a smaller delivery',
      [failure({ at: 5 }), success({ at: 5, deliveryId: 'd4' })],
      'unhealthy',
      5,
    ],
    [
      'a success of the same instant and a larger delivery',
      [failure({ at: 5 }), success({ at: 5, deliveryId: 'd6' })],
      'active',
      undefined,
    ],
    [
      'a retry of an older event after seven days',
      [failure({ at: 0 }), failure({ at: 8 * DAY, eventCreatedAtMs: 0 })],
      'unhealthy',
      0,
    ],
    [
      'an event a millisecond short of seven days',
      [failure({ at: 0 }), failure({ at: 7 * DAY - 1 })],
      'unhealthy',
      0,
    ],
    ['an event of exactly seven days', [failure({ at: 0 }), failure({ at: 7 * DAY })], 'failed', 0],
    [
      'a retry of an event of the seventh day',
      [failure({ at: 0 }), failure({ at: 9 * DAY, eventCreatedAtMs: 7 * DAY })],
      'failed',
      0,
    ],
  ])('%s', (_, verdicts, status, since) => {
    const health = walk(noyo, verdicts);
    expect(health.status).toBe(status);
    expect(health.memory?.unhealthySince).toBe(since);
  });

  it.each(['failed', 'disabled', 'paused', 'requested'])('changes nothing in %s', (status) => {
    const stopped: Health = { status, memory: { lastFailure: [0, 'd1'], unhealthySince: 0 } };
    expect(assess(noyo, stopped, success({ at: DAY }))).toBe(stopped);
    expect(assess(noyo, stopped, failure({ at: 9 * DAY }))).toBe(stopped);
  });

  it('gives the same object back when a success has nothing to heal', () => {
    expect(assess(noyo, ACTIVE, success({ at: 1 }))).toBe(ACTIVE);
  });

  it('in the scope of exhausted deliveries fails only at the end of one', () => {
    const policy: HealthPolicy = { ...noyo, scope: 'exhausted' };
    const day8 = { at: 8 * DAY };
    expect(walk(policy, [failure({ at: 0 }), failure(day8)]).status).toBe('unhealthy');
    expect(walk(policy, [failure({ at: 0 }), failure({ ...day8, exhausted: true })]).status).toBe('failed');
  });

  it('unhealthy at exhaustion stays active through failed attempts', () => {
    const policy: HealthPolicy = { ...noyo, unhealthyAt: 'exhausted', scope: 'exhausted' };
    expect(walk(policy, [failure({ at: 0 }), failure({ at: 1 })]).status).toBe('active');
    const ended = walk(policy, [failure({ at: 0 }), failure({ at: 3, exhausted: true })]);
    expect(ended).toMatchObject({ status: 'unhealthy', memory: { unhealthySince: 3 } });
  });
});

describe('disabled after a span of failures', () => {
  const at = (...hours: number[]) => hours.map((h) => failure({ at: h * HOUR }));

  it.each<[string, HealthVerdict[], string, number | undefined]>([
    ['one failure', at(0), 'active', undefined],
    ['two, 11 h 59 min apart', at(0, 11 + 59 / 60), 'active', undefined],
    ['two, 12 h apart', at(0, 12), 'active', 12],
    ['two, 24 h apart', at(0, 24), 'active', 24],
    ['two, 24 h 1 min apart', at(0, 24 + 1 / 60), 'active', undefined],
    ['one an hour: since the first that is 12 h old', at(0, 1, 2, 3, 11, 12, 13), 'active', 12],
    ['a success between', [...at(0), success({ at: HOUR }), ...at(12)], 'active', undefined],
    ['4 days and 23 hours later', at(0, 12, 12 + 119), 'active', 12],
    ['5 days later', at(0, 12, 12 + 120), 'disabled', 12],
    [
      '5 days later, with a success between',
      [...at(0, 12), success({ at: 50 * HOUR }), ...at(132)],
      'active',
      undefined,
    ],
  ])('%s', (_, verdicts, status, sinceHours) => {
    const health = walk(svix, verdicts);
    expect(health.status).toBe(status);
    expect(health.memory?.failingSince).toBe(sinceHours === undefined ? undefined : sinceHours * HOUR);
  });

  it('judged at exhaustion looks at nothing else, and starts with the first', () => {
    const end = (hours: number) => failure({ at: hours * HOUR, exhausted: true });
    expect(walk(svixOss, at(0, 12, 200)).memory?.failingSince).toBeUndefined();
    expect(walk(svixOss, [end(28)]).memory?.failingSince).toBe(28 * HOUR);
    expect(walk(svixOss, [end(28), ...at(149)]).status).toBe('active');
    expect(walk(svixOss, [end(28), end(147)]).status).toBe('active');
    expect(walk(svixOss, [end(28), end(148)]).status).toBe('disabled');
    expect(walk(svixOss, [end(28), success({ at: 29 * HOUR }), end(148)]).status).toBe('active');
  });

  it('forgets nothing that an endless memory would use', () => {
    const windows = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }));
    const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(windows, gaps, ([from, length], steps) => {
        const policy = { ...svix, confirmFromMs: from, confirmToMs: from + length };
        const all: number[] = [];
        let health = ACTIVE;
        let now = 0;
        for (const step of steps) {
          now += step;
          health = assess(policy, health, failure({ at: now }));
          const confirmed = all.some((t) => now - t >= from && now - t <= from + length);
          expect(health.memory?.failingSince).toBe(confirmed ? now : undefined);
          if (confirmed) return;
          all.push(now);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('remembers a handful of instants, however often an endpoint fails', () => {
    let health = ACTIVE;
    for (let minute = 0; minute < 12 * 60; minute += 1) {
      health = assess(svix, health, failure({ at: minute * 60_000 }));
      expect(health.memory?.failures?.length ?? 0).toBeLessThanOrEqual(3);
    }
  });
});

describe('consecutive failures', () => {
  it('disables at the threshold, and a success starts the count again', () => {
    const policy: HealthPolicy = { kind: 'consecutiveFailures', threshold: 3 };
    expect(walk(policy, [failure({ at: 1 }), failure({ at: 2 })]).status).toBe('active');
    expect(walk(policy, [failure({ at: 1 }), failure({ at: 2 }), failure({ at: 3 })]).status).toBe(
      'disabled',
    );
    const broken = [
      failure({ at: 1 }),
      failure({ at: 2 }),
      success({ at: 3 }),
      failure({ at: 4 }),
      failure({ at: 5 }),
    ];
    expect(walk(policy, broken).status).toBe('active');
  });
});

describe('the order of verdicts', () => {
  it('is that of the starts, then of the deliveries', () => {
    const mixed = [
      failure({ at: 2, deliveryId: 'a' }),
      failure({ at: 1, deliveryId: 'b' }),
      failure({ at: 1, deliveryId: 'a' }),
    ];
    expect(mixed.toSorted(compareVerdicts).map((v) => `${v.startedAtMs}${v.deliveryId}`)).toEqual([
      '1a',
      '1b',
      '2a',
    ]);
    expect(compareVerdicts(mixed[0]!, mixed[0]!)).toBe(0);
  });

  it('does not matter for failures alone: unhealthy since the first, whatever came in first', () => {
    const starts = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(starts, (times) => {
        const { status, memory } = walk(
          noyo,
          times.map((at) => failure({ at })),
        );
        expect(status).toBe('unhealthy');
        expect(memory?.unhealthySince).toBe(Math.min(...times));
        expect(memory?.lastFailure[0]).toBe(Math.max(...times));
      }),
    );
  });
});

describe('a clock that is set back', () => {
  it('takes every remembered instant along, and counts as they are', () => {
    const memory = {
      lastFailure: [10, 'd1'],
      unhealthySince: 20,
      failures: [30, 40],
      failingSince: 50,
      count: 2,
    } as const;
    expect(shiftHealth(memory, -5)).toEqual({
      lastFailure: [5, 'd1'],
      unhealthySince: 15,
      failures: [25, 35],
      failingSince: 45,
      count: 2,
    });
    expect(shiftHealth({ lastFailure: [10, 'd1'] }, -5)).toEqual({ lastFailure: [5, 'd1'] });
  });
});
