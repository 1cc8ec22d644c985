import { type Ids, idTimeMs } from '../../lib/ids.js';
import type { Random } from '../../lib/random.js';
import type { ClaimedDelivery } from '../../store/queue.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { judge } from './judge.js';
import { type Attempted, failedBeforeSending } from './outcome.js';
import { plan } from './plan.js';
import { type PrepareInput, prepare } from './prepare.js';
import { type SendTools, send } from './send.js';

export interface AttemptTools extends SendTools {
  ids: Ids;
  random: Random;
  version: string;
}

/**
 * One attempt, five steps: prepare, send, judge, plan; settling is the caller's. Never rejects for what a consumer does:
 * a failed delivery is an outcome. @throws what `prepare` throws, a fault of ours.
 * @param startedMs the database's clock now, as this process reads it.
 */
export async function attempt(
  delivery: ClaimedDelivery,
  lane: LaneSnapshot,
  startedMs: number,
  tools: AttemptTools,
): Promise<Attempted> {
  const { clock, ids, random, version } = tools;
  const wallStartedMs = clock.now();
  const attemptId = ids.next();
  const startedMonotonicMs = clock.monotonic();
  const { event } = delivery;
  if (!event?.body) {
    const { verdict, plan: next } = failedBeforeSending('body_gone');
    return {
      delivery,
      lane,
      attemptId,
      startedMs,
      startedMonotonicMs,
      wallStartedMs,
      wire: null,
      result: null,
      verdict,
      plan: next,
    };
  }
  const tenantNowMs = delivery.ownClock ? delivery.dueAtMs : startedMs;
  const prepared = prepare({
    lane,
    delivery: delivery as Sendable,
    tenantNowMs,
    wallMs: wallStartedMs,
    publishedWallMs: idTimeMs(delivery.eventId),
    version,
    random,
  });
  const { wire, result } = await send(prepared, lane, tools);
  // A consumer says an instant by the clock it knows: that of the timestamps it gets.
  const verdict = judge(result, lane.policies, lane.tenant.wire === 'virtual' ? tenantNowMs : clock.now());
  const next = plan(verdict, {
    policy: lane.policies.retry,
    attempt: delivery.tries + 1,
    trigger: delivery.trigger,
    random,
  });
  // Written out: spreading two objects into a third costs 3 µs of a delivery.
  return {
    delivery,
    lane,
    attemptId,
    startedMs,
    startedMonotonicMs,
    wallStartedMs,
    wire,
    result,
    verdict,
    plan: next,
  };
}

/** Its event is still there. */
type Sendable = ClaimedDelivery & PrepareInput['delivery'];
