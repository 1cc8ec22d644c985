import { stoppedReason } from '../engine/health-moves.js';
import type { MatchingSubscription } from '../engine/lane-snapshot.js';
import type { Json } from '../lib/merge-patch.js';
import type { Profile } from '../providers/contract.js';
import type { NewDelivery, NewEvent } from '../store/publishing.js';
import { TRIGGERS, type Trigger } from '../store/queue.js';

export interface FanOutInput {
  profile: Profile;
  event: Pick<NewEvent, 'id' | 'type' | 'variant' | 'channels'>;
  /** The body as JSON; null when it is none, or not readable. */
  body: Json | null;
  trigger: Trigger;
  subscriptions: readonly MatchingSubscription[];
  tenantSettings: Readonly<Record<string, unknown>>;
  /** Sent even where the subscription is stopped, though never where it is paused: somebody asked for this one. */
  onPurpose: boolean;
  /** First attempts wait at least so long, milliseconds of tenant time. Absent: not at all. */
  afterMs?: number;
  nextId(): string;
}

/** One delivery for each subscription that wants the event, and what its subscription's state makes of it. Pure. */
export function fanOut(input: FanOutInput): NewDelivery[] {
  const { profile, event, body, tenantSettings, trigger } = input;
  return input.subscriptions.flatMap((subscription) => {
    const asked = {
      type: event.type,
      variant: event.variant,
      events: subscription.events,
      body,
      subscriptionSettings: subscription.settings,
      tenantSettings,
    };
    const wanted = sharesChannel(subscription.channels, event.channels) && profile.wants(asked);
    if (!wanted && !input.onPurpose) return [];
    const fate = fateIn(profile, subscription, input.onPurpose);
    if (fate === 'drop') return [];
    return {
      id: input.nextId(),
      eventId: event.id,
      subscriptionId: subscription.id,
      lane: subscription.lane,
      trigger: TRIGGERS.indexOf(trigger),
      fate,
      reason: fate === 'cancelled' ? stoppedReason(subscription.status) : null,
      revision: subscription.revision,
      afterMs:
        fate === 'ready' && !input.onPurpose
          ? Math.max(profile.delayMs?.(asked) ?? 0, input.afterMs ?? 0)
          : 0,
    };
  });
}

/** A subscription that filters by channel gets what names one of its own; one that does not gets everything. */
function sharesChannel(wanted: readonly string[], named: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((channel) => named.includes(channel));
}

/** Whether deliveries go out in this status. */
export function isSentTo({ deliversIn }: Profile, status: string): boolean {
  return status === 'active' || status === 'unhealthy' || (deliversIn?.includes(status) ?? false);
}

function fateIn(
  profile: Profile,
  { status, policies }: MatchingSubscription,
  onPurpose: boolean,
): NewDelivery['fate'] | 'drop' {
  if (isSentTo(profile, status)) return 'ready';
  if (status === 'paused') return 'held';
  if (onPurpose) return 'ready';
  const stopped = profile.onboarding.includes(status)
    ? 'onboarding'
    : status === 'failed'
      ? 'failed'
      : 'disabled';
  const rule = policies.whileStopped[stopped];
  if (rule === 'hold') return 'held';
  return rule === 'drop' ? 'drop' : 'cancelled';
}
