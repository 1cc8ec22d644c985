import type { Random } from '../lib/random.js';
import type { Built } from './contract.js';

/**
 * What a provider tells about its deliveries, to subscriptions of the application `operational`. They get nothing else, and
 * nobody else gets this; it is signed, sent and retried like any event, and nothing is told about it in turn.
 */
export interface OperationalRule {
  /** The event types, in the order in which they are shown. */
  events: readonly { type: string; summary: string }[];
  /** After how many failed attempts a delivery that goes on counts as `failing`, 1 or more. */
  failingAfter: number;
  /** The event that a happening becomes; null where the provider has no word for it. Pure but for the id. */
  tell(happening: Happening, context: { nowMs: number; random: Random }): (Built & { type: string }) | null;
}

/** Something its owner may want to hear of. Ids are UUIDs, instants milliseconds of tenant time. */
export type Happening = { about: HappeningSubject } & (SubscriptionHappening | DeliveryHappening);

export interface HappeningSubject {
  tenantId: string;
  subscriptionId: string;
  /** The consumer's name for it. */
  subscriptionUid: string | null;
  application: string;
  /** The name that the door's record of that application has; null where there is none. */
  applicationUid: string | null;
}

export interface SubscriptionHappening {
  kind: 'disabled';
  /** Its health, its own answer (`deliveryControl`), or its user. */
  by: 'health' | 'endpoint' | 'user';
  /** When the failures began that count; null where none are remembered. */
  failingSinceMs: number | null;
}

export interface DeliveryHappening {
  /**
   * `failing`: the attempt after which `failingAfter` have failed, with more to come. `exhausted`: the last of the schedule
   * failed. `recovered`: a success after either was told.
   */
  kind: 'failing' | 'exhausted' | 'recovered';
  event: {
    id: string;
    providerEventId: string | null /** The publisher's name for it. */;
    uid: string | null;
  };
  /** `status` is null when there was no answer. */
  attempt: { id: string; status: number | null; startedAtMs: number };
}
