import type { WallClock } from '../lib/clock.js';
import type { Ids } from '../lib/ids.js';
import type { TimeoutRule } from '../providers/contract.js';
import type { Database } from '../store/database.js';
import type { ClaimedDelivery, Queue } from '../store/queue.js';
import { cancelOne, cancelOpen, holdOpen, lockStatus } from '../store/stopping.js';
import { type Attempted, unsendable } from './attempt/outcome.js';
import { stoppedReason } from './health-moves.js';
import type { LaneSnapshot } from './lane-snapshot.js';
import type { Lane } from './lanes.js';
import { type Limit, place } from './throttle.js';

export interface TurnedAwayOptions {
  db: Database;
  queue: Queue;
  clock: WallClock;
  ids: Ids;
  limits(lane: Lane): readonly Limit[];
  /** Something was put off; look for it in so many real milliseconds. */
  putOff(inMs: number): void;
  /** Something was given back, and may be claimed again at once. */
  ready(lane: number): void;
}

/** Claims without an outcome, through faults of ours, after which a delivery fails as `unsendable`. */
const MAX_CLAIMS = 5;
/** Stands for the status of a subscription that is gone. */
const DELETED = 'deleted';

/** What becomes of a claimed delivery that is not sent now: no attempt, no try burned. */
export class TurnedAway {
  readonly #o: TurnedAwayOptions;

  constructor(options: TurnedAwayOptions) {
    this.#o = options;
  }

  /** Null when it may be sent now; otherwise puts it where it belongs. */
  consider(delivery: ClaimedDelivery, lane: Lane, leaseEndsMs: number): Promise<void> | null {
    const { snapshot } = lane;
    if (!snapshot) return this.#giveBack(delivery);
    // A process that slept through its lease must not send what another may be sending.
    if (leaseEndsMs - this.#o.clock.monotonic() < totalMs(snapshot.policies.timeout))
      return this.#giveBack(delivery).then(() => this.#o.ready(delivery.lane));
    if (isStopped(snapshot.deleted ? DELETED : snapshot.status, delivery))
      return this.#stop(delivery, snapshot);
    const limits = delivery.ownClock ? this.#o.limits(lane) : [];
    const untilMs = limits.length === 0 ? null : place(limits, delivery.dueAtMs);
    return untilMs === null ? null : this.#defer(delivery, untilMs, snapshot.tenant.clockMode === 'scaled');
  }

  /** A fault of ours: later again, and after a few times a visible end, so that one row never blocks its lane. */
  async afterFault(delivery: ClaimedDelivery, snapshot: LaneSnapshot | null): Promise<Attempted | null> {
    const { clock, ids, queue } = this.#o;
    if (delivery.claims >= MAX_CLAIMS && snapshot) {
      return unsendable(delivery, snapshot, {
        attemptId: ids.next(),
        startedMs: delivery.databaseNowMs,
        startedMonotonicMs: clock.monotonic(),
        wallStartedMs: clock.now(),
      });
    }
    const backoffMs = delivery.ownClock ? 0 : 1_000 * 2 ** delivery.claims;
    const fromMs = delivery.ownClock ? delivery.dueAtMs : delivery.databaseNowMs;
    await queue.defer([{ ...delivery, untilMs: fromMs + backoffMs }]).catch(() => {});
    this.#o.putOff(backoffMs);
    return null;
  }

  async #giveBack(delivery: ClaimedDelivery): Promise<void> {
    await this.#o.queue.release([delivery]);
  }

  async #defer(delivery: ClaimedDelivery, untilMs: number, running: boolean): Promise<void> {
    await this.#o.queue.defer([{ ...delivery, untilMs }]);
    if (running) this.#o.putOff(0);
  }

  /** It was published, or promoted, while the subscription was being stopped; that may be over by now. */
  async #stop(
    delivery: ClaimedDelivery,
    { tenantId, subscriptionId, policies }: LaneSnapshot,
  ): Promise<void> {
    await this.#giveBack(delivery);
    const goesOn = await this.#o.db.transaction(async (client) => {
      const status = (await lockStatus(client, tenantId, subscriptionId)) ?? DELETED;
      if (!isStopped(status, delivery)) return true;
      const rule = status === 'failed' || status === 'disabled' ? policies.whileStopped[status] : 'hold';
      // All of it at once: a thousand left behind must not take a thousand turns from others.
      if (status === DELETED) await cancelOpen(client, tenantId, subscriptionId, stoppedReason(status));
      else if (rule === 'hold') await holdOpen(client, tenantId, subscriptionId);
      else await cancelOne(client, tenantId, delivery.id, stoppedReason(status));
      return false;
    });
    if (goesOn) this.#o.ready(delivery.lane);
  }
}

/** A test goes to a subscription that is stopped, though never to one that is paused: somebody asked for it. */
function isStopped(status: string, { trigger }: ClaimedDelivery): boolean {
  if (status === 'paused' || status === DELETED) return true;
  return (status === 'failed' || status === 'disabled') && trigger !== 'test';
}

export function totalMs(rule: TimeoutRule): number {
  return rule.kind === 'total' ? rule.ms : rule.totalMs;
}
