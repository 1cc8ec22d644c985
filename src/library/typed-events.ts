import type { TypedSpec } from '../engine/faults/typed-spec.js';
import type { ProviderEvents } from '../providers/event-data.js';
import type { PublishInput } from '../services/schemas/publish.js';
import type { SubscriptionInput } from '../services/schemas/subscriptions.js';

export type { ProviderEvents } from '../providers/event-data.js';

/** Those whose events the compiler knows. A provider of one's own is named by a `string`. */
export type Provider = keyof ProviderEvents;

/** What a provider may be named by: completes to the known ones, and takes any text that is not written out. */
export type AnyProvider = Provider | (string & {});

/** The provider as it may be named; a literal has to be a known one. */
export type ProviderName<P extends string> = string extends P ? P : P extends Provider ? P : Provider;

export type EventType<P extends string> = P extends Provider ? keyof ProviderEvents[P] & string : string;

/** The whole body of an event, as its consumers see it. */
export type EventBody<P extends string, T extends string> = P extends Provider
  ? T extends keyof ProviderEvents[P]
    ? ProviderEvents[P][T]
    : never
  : unknown;

/** RFC 7396: what is named replaces, null takes away, the rest stays. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: MergePatch<T[K]> | null }
    : T;

/** What is published, but for its type; `data` is merged over the example and validated after that. */
export type SendInput<P extends string = string, T extends string = string> = Omit<
  PublishInput,
  'type' | 'payloadText' | 'provider' | 'data' | 'faults'
> & {
  provider: P & ProviderName<P>;
  data?: MergePatch<EventBody<P, T>>;
  /** Of this event alone. */
  faults?: readonly TypedSpec[];
};

export type SubscribeInput<P extends string = string> = Omit<SubscriptionInput, 'provider' | 'events'> & {
  provider: P & ProviderName<P>;
  /** The types it wants, where the provider lets it choose; default: all. */
  events?: readonly EventType<P>[] | null;
};
