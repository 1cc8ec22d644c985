import type { Json } from '../lib/merge-patch.js';
import type { Inside } from './inside.js';
import type { PortTold } from './life.js';

/**
 * What a provider's front door may do: everything in one tenant, and of one provider. Implemented by the services. Ids are
 * UUIDs, instants milliseconds of tenant time. What is refused is thrown and becomes an answer in the door's own shape.
 */
export interface Port {
  tenant: { id: string; slug: string; name: string };
  /** The tenant's clock. */
  now(): Promise<number>;
  /** What shapes this provider's bodies, after presets: parsed, secrets in the clear. */
  settings(): Promise<Readonly<Record<string, unknown>>>;
  /** Lays some of those settings over what is set. */
  putSettings(settings: SettingsChange): Promise<void>;
  subscriptions: SubscriptionPort;
  events: EventPort;
  deliveries: DeliveryPort;
  attempts: AttemptPort;
  /** One of the provider's scenarios: its first step now, the others at their instants. */
  startScenario(input: {
    name: string;
    seed?: string | number;
    environment?: string;
    /** JSON merge patch over the data of every step. */
    data?: Json;
  }): Promise<PortScenario>;
  /** What was sent about one thing, oldest first; of a long life the latest 200. */
  told(about: { kind: string; id: string; environment?: string }): Promise<PortTold[]>;
  passes: PassPort;
  /** What the door keeps of its own, by kind. */
  records(kind: string): RecordPort;
  /** Changes what the door keeps, all or nothing, with no other change in between. `work` asks `kept` alone. */
  keep<T>(work: (kept: Keeping) => Promise<T>, inside?: Inside<T>): Promise<T>;
  /** A line in the tenant's stream. */
  tell(type: 'subscription.updated', data: Record<string, unknown>): void;
}

export interface PortScenario {
  id: string;
  seed: string;
  steps: readonly { type: string; atMs: number | null }[];
}

/** Settings, or what makes them of those in force; nobody else changes them meanwhile. */
export type SettingsChange =
  | Readonly<Record<string, Json>>
  | ((before: Readonly<Record<string, unknown>>) => Readonly<Record<string, Json>>);

export interface Listing {
  after?: string | null;
  limit: number;
  /** By creation. Default: newest first. */
  order?: 'ascending' | 'descending';
}

export interface PagedListing extends Listing {
  /** How many to leave out first. Default 0. */
  offset?: number;
}

// --- Subscriptions ------------------------------------------------------------------------------------------------

export interface PortSubscription {
  id: string;
  url: string;
  environment: string;
  status: string;
  events: readonly string[] | null;
  /** Empty = no filter. */
  channels: readonly string[];
  /** In the clear. */
  headers: readonly (readonly [name: string, value: string])[];
  /** After presets, parsed; secrets in the clear. */
  settings: Readonly<Record<string, unknown>>;
  presets: readonly string[];
  rateLimit: number | null;
  maxInFlight: number;
  application: string;
  uid: string | null;
  /** What the door keeps beside. */
  details: Readonly<Record<string, Json>>;
  /** Another one after every change. */
  revision: number;
  unhealthySinceMs: number | null;
  failingSinceMs: number | null;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What a caller decides; absent = default, or as it was. */
export interface PortSubscriptionInput {
  url?: string;
  events?: readonly string[] | null;
  channels?: readonly string[];
  headers?: Readonly<Record<string, string>>;
  settings?: Readonly<Record<string, Json>>;
  presets?: readonly string[];
  rateLimit?: number | null;
  maxInFlight?: number;
  /** False: `disabled`; true: `active`. */
  active?: boolean;
  /** A step of the profile's onboarding, or `active`. */
  status?: string;
  /** The only status it may change from; any other is refused with `conflict`. */
  onlyFrom?: string;
  /** As it was read: what has changed since is refused with `conflict`. */
  onlyRevision?: number;
  environment?: string;
  /** Holds from the next attempt on; null takes it away. */
  secret?: string | null;
  uid?: string | null;
  details?: Readonly<Record<string, Json>>;
  /** `events` may name types that the profile does not know: the door knows them. */
  anyEvents?: boolean;
}

export interface NewPortSubscription extends PortSubscriptionInput {
  url: string;
  environment?: string;
  /** Made when left out and needed. */
  secret?: string;
  secretName?: string | null;
  /** Default: `default`. */
  application?: string;
}

export interface PortSecret {
  id: string;
  /** In the clear. */
  value: string;
  name: string | null;
  createdAtMs: number;
  /** End of its overlap; null for the current one. */
  expiresAtMs: number | null;
}

export interface SubscriptionFilter {
  /** These alone. */
  ids?: readonly string[];
  environment?: string;
  application?: string;
  uid?: string;
  status?: string;
}

export interface SubscriptionPort {
  /** `secret` is the one in force, null where there is none; `notices` are for `Ringer-Notice`. */
  create(
    input: NewPortSubscription,
  ): Promise<{ subscription: PortSubscription; secret: string | null; notices: string[] }>;
  list(filter: SubscriptionFilter & PagedListing): Promise<PortSubscription[]>;
  total(filter: SubscriptionFilter): Promise<number>;
  find(id: string): Promise<PortSubscription | null>;
  /** A function makes it of what is there, and again where that has changed meanwhile. */
  update(
    id: string,
    patch: PortSubscriptionInput | ((before: PortSubscription) => Promise<PortSubscriptionInput>),
  ): Promise<{ subscription: PortSubscription; notices: string[] }>;
  /** Cancels what is pending and keeps history. */
  remove(id: string): Promise<void>;
  pause(id: string): Promise<PortSubscription>;
  resume(id: string): Promise<PortSubscription>;
  /** Every secret that signs now, newest first. */
  secrets(id: string): Promise<PortSecret[]>;
  /** @returns the new secret. `overlapMs` absent: the rotation rule's default. */
  rotate(id: string, input: { secret?: string; overlapMs?: number; name?: string }): Promise<string>;
  /** Ends one of several at once; the last is refused with `conflict`. @returns whether it signed until now. */
  retireSecret(id: string, secretId: string): Promise<boolean>;
  /** The provider's test event, a sample of a type, or this payload: one attempt. */
  test(
    id: string,
    input: { type?: string; variant?: string } & Pick<PortPublish, 'payload' | 'eventId' | 'anyType'>,
  ): Promise<PortPublished>;
  /** How many deliveries stand how, of all or of those created in a range; `untilMs` is exclusive. */
  count(id: string, range?: { sinceMs: number; untilMs: number }): Promise<Readonly<Record<string, number>>>;
  /** Deliveries by status and answers by code since an instant. */
  stats(id: string, sinceMs: number | null): Promise<PortStats>;
  /** Sends the failed, or the never attempted, of a range once more; `until` is exclusive. @returns how many. */
  recover(
    id: string,
    range: { sinceMs: number; untilMs: number | null; which: 'failed' | 'neverAttempted' | 'all' },
  ): Promise<number>;
}

export interface PortStats {
  delivered: number;
  failed: number;
  pending: number;
  /** Delivered of all that ended, 0 to 1; null when nothing has. */
  rate: number | null;
  byStatusCode: Readonly<Record<string, number>>;
  p95Ms: number | null;
  attempts: number;
  failedAttempts: number;
  /** Attempts that the schedule made after the first. */
  retries: number;
}

// --- Events -------------------------------------------------------------------------------------------------------

export interface PortPublish {
  type: string;
  variant?: string;
  environment?: string;
  /** JSON merge patch over the example. */
  data?: Json;
  /** The whole body, JSON or text; takes the place of the example and of its schema. */
  payload?: Json;
  /** `payload` as the caller wrote it, compact, where writing it anew would change it. */
  payloadText?: string;
  eventId?: string;
  /** Absent: subscriptions of every application. */
  application?: string;
  channels?: readonly string[];
  uid?: string;
  details?: Readonly<Record<string, Json>>;
  /** Only this one. */
  subscriptionId?: string;
  /** The type may be one that the profile does not know; then `payload` and `eventId` are given. */
  anyType?: boolean;
  /** First attempts are due then; what has passed is due now. */
  deliverAtMs?: number;
}

export interface PortPublished {
  id: string;
  providerEventId: string | null;
  createdAtMs: number;
  deliveries: readonly { id: string; subscriptionId: string; status: string }[];
  notices: readonly string[];
}

export interface PortEvent {
  id: string;
  type: string;
  variant: string | null;
  environment: string;
  providerEventId: string | null;
  /** Null = of every application. */
  application: string | null;
  channels: readonly string[];
  uid: string | null;
  details: Readonly<Record<string, Json>> | null;
  createdAtMs: number;
  /** Exactly what is sent; null once it is gone, or where it was not asked for. */
  body: Uint8Array | null;
}

export interface EventFilter {
  /** These alone. */
  ids?: readonly string[];
  types?: readonly string[];
  environment?: string;
  /** Those of every application are included. */
  application?: string;
  channel?: string;
  /** Held by its `details`. */
  details?: Readonly<Record<string, Json>>;
  uid?: string;
  providerEventId?: string;
  sinceMs?: number;
  /** Exclusive. */
  untilMs?: number;
  /** Reads bodies too. Default false. */
  withBody?: boolean;
}

export interface EventPort {
  publish(input: PortPublish, inside?: Inside<PortPublished>): Promise<PortPublished>;
  list(filter: EventFilter & Listing): Promise<PortEvent[]>;
  /** With its body. */
  find(id: string): Promise<PortEvent | null>;
  /** Empties its body: it cannot be sent any more. */
  expunge(id: string): Promise<void>;
}

// --- Deliveries ---------------------------------------------------------------------------------------------------

export interface PortDelivery {
  id: string;
  eventId: string;
  /** Null once the event is past its retention, like `providerEventId`. */
  eventType: string | null;
  providerEventId: string | null;
  subscriptionId: string;
  /** `pending` `sending` `delivered` `failed` `held` `cancelled` */
  status: string;
  reason: string | null;
  attemptCount: number;
  nextAttemptAtMs: number | null;
  createdAtMs: number;
  finishedAtMs: number | null;
}

export interface PortAttempt {
  id: string;
  deliveryId: string;
  eventId: string;
  subscriptionId: string;
  number: number;
  trigger: 'scheduled' | 'manual' | 'test' | 'fault';
  outcome: string;
  reason: string | null;
  startedAtMs: number;
  durationMs: number;
  nextAttemptAtMs: number | null;
  url: string;
  /** In sent order, secrets masked. */
  requestHeaders: readonly (readonly [string, string])[];
  responseStatus: number | null;
  responseHeaders: readonly (readonly [string, string])[];
  /** At most 20,000 bytes. */
  responseBody: Uint8Array | null;
}

export interface DeliveryFilter {
  subscriptionId?: string;
  eventId?: string;
  status?: readonly string[];
  /** Of the subscription. */
  application?: string;
  types?: readonly string[];
  channel?: string;
  /** Held by the event's `details`. */
  details?: Readonly<Record<string, Json>>;
  /** Of creation. */
  sinceMs?: number;
  /** Exclusive. */
  untilMs?: number;
}

export interface DeliveryPort {
  list(filter: DeliveryFilter & PagedListing): Promise<PortDelivery[]>;
  find(id: string): Promise<PortDelivery | null>;
  /** In the order in which they were made. */
  attempts(deliveryId: string): Promise<PortAttempt[]>;
  /** The same of several at once, by delivery id. */
  attemptsOf(deliveries: readonly PortDelivery[]): Promise<ReadonlyMap<string, readonly PortAttempt[]>>;
  /** One more attempt of a finished delivery: same body and id, never rescheduled. */
  resend(id: string): Promise<void>;
  /** One that waits goes now; its schedule goes on from there. */
  retryNow(id: string): Promise<void>;
}

export interface AttemptFilter extends Omit<DeliveryFilter, 'status'> {
  /** These alone. */
  ids?: readonly string[];
  delivered?: boolean;
  /** First digit of the answer's status; 0 = there was no answer. */
  statusClass?: number;
}

/** Attempts across deliveries; one that another worker superseded is left out. */
export interface AttemptPort {
  /** `sinceMs` and `untilMs` are of their start. */
  list(filter: AttemptFilter & Listing): Promise<PortAttempt[]>;
  /** Forgets the body of the answer. */
  expunge(id: string): Promise<void>;
}

// --- Passes -------------------------------------------------------------------------------------------------------

/** What a tenant's key hands on: entry at this door alone, for one application and a while of real time. */
export interface PassPort {
  make(pass: { application: string; scope: 'write' | 'read'; lifetimeMs: number }): Promise<string>;
  /** @returns whether it was one of this tenant's that still held. */
  revoke(text: string): Promise<boolean>;
}

// --- What the door keeps ------------------------------------------------------------------------------------------

export interface PortRecord {
  id: string;
  uid: string | null;
  data: Readonly<Record<string, Json>>;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What belongs together with the records of a door, in one transaction. */
export interface Keeping extends Pick<Port, 'tenant' | 'records'> {
  /** Deliveries a second of all subscriptions of an application together, 1 or more; null = no limit. */
  limitApplication(application: string, rateLimit: number | null): Promise<void>;
  /** Every subscription of an application: cancels what is pending and keeps history. */
  removeSubscriptions(application: string): Promise<void>;
}

/** Small JSON documents of one kind. A taken `uid` is refused with `uid_taken`. */
export interface RecordPort {
  create(data: Readonly<Record<string, Json>>, uid?: string | null): Promise<PortRecord>;
  find(id: string): Promise<PortRecord | null>;
  findByUid(uid: string): Promise<PortRecord | null>;
  list(listing: Listing): Promise<PortRecord[]>;
  /** Null when there is none. `uid` absent: as it was. */
  replace(id: string, data: Readonly<Record<string, Json>>, uid?: string | null): Promise<PortRecord | null>;
  /** @returns whether there was one. */
  remove(id: string): Promise<boolean>;
}
