import { idTimeMs } from '../../lib/ids.js';
import type { ClaimedDelivery } from '../../store/queue.js';
import { attemptWithFaults } from '../faults/attempt-with-faults.js';
import type { Strike } from '../faults/strike.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { type Attempted, failedBeforeSending } from './outcome.js';
import { type PrepareInput, prepare, requestInputOf } from './prepare.js';
import { type AttemptTools, round } from './round.js';

export type { AttemptTools } from './round.js';

export interface AttemptOptions {
  /** The database's clock now, as this process reads it. */
  startedMs: number;
  tools: AttemptTools;
  /** The faults whose turn it is; null where there are none. */
  strike?: Strike | null;
}

/**
 * One attempt, five steps: prepare, send, judge, plan; settling is the caller's. Never rejects for what a consumer does:
 * a failed delivery is an outcome. @throws what `prepare` throws, a fault of ours.
 */
export async function attempt(
  delivery: ClaimedDelivery,
  lane: LaneSnapshot,
  { startedMs, tools, strike = null }: AttemptOptions,
): Promise<Attempted> {
  const { clock, ids, random, version } = tools;
  if (lane.unreadable !== undefined) throw new Error(`the subscription cannot be read: ${lane.unreadable}`);
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
  const input = requestInputOf({
    lane,
    delivery: delivery as Sendable,
    tenantNowMs,
    wallMs: wallStartedMs,
    publishedWallMs: idTimeMs(delivery.eventId),
    version,
    random,
  });
  const begun = { delivery, lane, attemptId, startedMs, startedMonotonicMs, wallStartedMs };
  if (strike !== null) return attemptWithFaults(begun, input, { strike, tenantNowMs, tools });
  return round(begun, prepare(lane.profile, input), { tenantNowMs, tools });
}

/** Its event is still there. */
type Sendable = ClaimedDelivery & PrepareInput['delivery'];
