import type { Random } from '../../lib/random.js';
import type { RetryPolicy } from '../../providers/contract.js';
import { nextDelay } from '../../providers/retry/delays.js';
import type { Trigger } from '../../store/queue.js';
import type { Verdict } from './judge.js';

/** What becomes of the delivery. `delayMs` counts from `anchor`, on the clock the delivery lives on. */
export type Plan =
  | { outcome: 'delivered' }
  | { outcome: 'retry'; anchor: RetryPolicy['anchor']; delayMs: number }
  | { outcome: 'failed'; endReason: string };

export interface PlanInput {
  policy: RetryPolicy;
  /** Number of this attempt, from 1. */
  attempt: number;
  trigger: Trigger;
  random: Random;
}

/** Only what the schedule started is ever scheduled again: tests and resends are one attempt. */
export function plan(verdict: Verdict, { policy, attempt, trigger, random }: PlanInput): Plan {
  if (verdict.ok) return { outcome: 'delivered' };
  if (verdict.terminal || trigger !== 'scheduled')
    return { outcome: 'failed', endReason: verdict.reason ?? 'failed' };
  const next = nextDelay(policy, {
    attempt,
    random,
    retryAfterMs: verdict.retryAfterMs,
    timedOutOr429: verdict.slowDown,
  });
  if (next === null) return { outcome: 'failed', endReason: 'exhausted' };
  if (verdict.control === 'abort') return { outcome: 'failed', endReason: 'aborted' };
  return { outcome: 'retry', ...next };
}
