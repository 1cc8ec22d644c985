import type pg from 'pg';
import type { DeliveryHappening, Happening, SubscriptionHappening } from '../providers/operational.js';
import type { OwnedRow } from '../store/health.js';
import type { Settled } from '../store/queue.js';
import type { Attempted } from './attempt/outcome.js';
import type { LaneSnapshot } from './lane-snapshot.js';

/** A happening, and where it came from. Names that only its hearers are told are not read yet. */
export interface Told {
  provider: string;
  environment: string;
  happening: Happening;
}

/**
 * Writes what happened for whoever hears of it, inside the transaction that makes it so: neither is ever there without the
 * other. The tenants' clocks are held. @returns what is to be done after commit.
 */
export type TellHappenings = (client: pg.PoolClient, told: readonly Told[]) => Promise<() => void>;

/** Whether settling this attempt may be a happening that somebody hears of. */
export function mayTell({ lane, delivery, verdict }: Attempted): boolean {
  if (lane.operational === null) return false;
  if (!verdict.ok) return delivery.trigger === 'scheduled';
  return delivery.trigger === 'manual' || delivery.tries >= lane.operational.failingAfter;
}

/** What settling this attempt was to its delivery; null when nothing is told of it. Pure. */
export function toldOfDelivery(
  { lane, delivery, attemptId, result, verdict }: Attempted,
  settled: Settled,
  prior: OwnedRow,
): Told | null {
  const { failingAfter } = lane.operational ?? {};
  if (failingAfter === undefined) return null;
  const kind = verdict.ok
    ? recovered(settled, { trigger: delivery.trigger, prior, failingAfter })
    : delivery.trigger === 'scheduled'
      ? failed(settled, failingAfter)
      : null;
  if (kind === null) return null;
  const providerEventId = delivery.event?.providerEventId ?? null;
  return told(lane, {
    kind,
    event: { id: delivery.eventId, providerEventId, uid: null },
    attempt: {
      id: attemptId,
      status: result?.kind === 'answered' ? result.status : null,
      startedAtMs: settled.startAtMs,
    },
  });
}

export function told(
  lane: Pick<LaneSnapshot, 'tenantId' | 'subscriptionId' | 'uid' | 'application' | 'environment' | 'profile'>,
  what: SubscriptionHappening | DeliveryHappening,
): Told {
  const { tenantId, subscriptionId, uid, application, environment, profile } = lane;
  const about = { tenantId, subscriptionId, subscriptionUid: uid, application, applicationUid: null };
  return { provider: profile.id, environment, happening: { about, ...what } };
}

function failed(
  { ends, endStatus, endReason, number }: Settled,
  failingAfter: number,
): 'failing' | 'exhausted' | null {
  if (ends) return endStatus === 'failed' && endReason === 'exhausted' ? 'exhausted' : null;
  return number === failingAfter ? 'failing' : null;
}

/** What the schedule sends has failed each time before; what is sent by hand may have been delivered long ago. */
function recovered(
  { number }: Settled,
  { trigger, prior, failingAfter }: { trigger: string; prior: OwnedRow; failingAfter: number },
): 'recovered' | null {
  const wasTold = number > failingAfter;
  if (trigger === 'scheduled') return wasTold ? 'recovered' : null;
  if (trigger !== 'manual' || prior.prior_status !== 'failed') return null;
  return wasTold || prior.prior_reason === 'exhausted' ? 'recovered' : null;
}
