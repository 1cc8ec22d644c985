import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/engine/attempt/judge.js';
import { plan } from '../../src/engine/attempt/plan.js';
import { seededRandom } from '../../src/lib/random.js';
import type { RetryPolicy } from '../../src/providers/contract.js';

const policy: RetryPolicy = {
  curve: { kind: 'list', delaysMs: [5_000, 300_000] },
  anchor: 'previousEnd',
  jitter: 0,
  penaltyMs: 60_000,
  retryAfter: 'clamp',
  instantTransportRetry: false,
};
const random = seededRandom('plan');
const good: Verdict = {
  ok: true,
  reason: null,
  terminal: false,
  slowDown: false,
  retryAfterMs: null,
  control: null,
};
const bad: Verdict = { ...good, ok: false, reason: 'status_503' };

const planned = (
  verdict: Verdict,
  attempt: number,
  trigger: 'scheduled' | 'manual' | 'test' | 'fault' = 'scheduled',
) => plan(verdict, { policy, attempt, trigger, random });

describe('what becomes of a delivery', () => {
  it('is delivered by a success, whatever the trigger', () => {
    for (const trigger of ['scheduled', 'manual', 'test', 'fault'] as const)
      expect(planned(good, 1, trigger)).toEqual({ outcome: 'delivered' });
  });

  it('is retried after each delay of the schedule, and then exhausted', () => {
    expect(planned(bad, 1)).toEqual({ outcome: 'retry', anchor: 'previousEnd', delayMs: 5_000 });
    expect(planned(bad, 2)).toEqual({ outcome: 'retry', anchor: 'previousEnd', delayMs: 300_000 });
    expect(planned(bad, 3)).toEqual({ outcome: 'failed', endReason: 'exhausted' });
  });

  it.each(['manual', 'test', 'fault'] as const)(
    'fails at once by its own reason when it is %s',
    (trigger) => {
      expect(planned(bad, 1, trigger)).toEqual({ outcome: 'failed', endReason: 'status_503' });
    },
  );

  it('fails at once when no further attempt could change it', () => {
    const blocked = { ...bad, reason: 'egress_blocked', terminal: true };
    expect(planned(blocked, 1)).toEqual({ outcome: 'failed', endReason: 'egress_blocked' });
  });

  it('is aborted where the receiver asks for it and there would have been another attempt', () => {
    const aborting = { ...bad, control: 'abort' as const };
    expect(planned(aborting, 1)).toEqual({ outcome: 'failed', endReason: 'aborted' });
    expect(planned(aborting, 3)).toEqual({ outcome: 'failed', endReason: 'exhausted' });
    expect(planned(aborting, 1, 'manual')).toEqual({ outcome: 'failed', endReason: 'status_503' });
    expect(planned({ ...good, control: 'abort' }, 1)).toEqual({ outcome: 'delivered' });
  });

  it('waits as long as it is asked to, within once and twice the delay', () => {
    const asked = (retryAfterMs: number) => planned({ ...bad, retryAfterMs }, 1);
    expect(asked(1_000)).toMatchObject({ delayMs: 5_000 });
    expect(asked(7_000)).toMatchObject({ delayMs: 7_000 });
    expect(asked(60_000)).toMatchObject({ delayMs: 10_000 });
  });

  it('waits at least the penalty after a timeout or a 429', () => {
    expect(planned({ ...bad, slowDown: true }, 1)).toMatchObject({ delayMs: 60_000 });
    expect(planned({ ...bad, slowDown: true }, 2)).toMatchObject({ delayMs: 300_000 });
  });
});
