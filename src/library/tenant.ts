import type { App } from '../app.js';
import type { Run } from '../checks/contract.js';
import type { CheckStart } from '../checks/schemas.js';
import type { InProcess } from '../checks/service.js';
import { AppError } from '../errors.js';
import { type IdPrefix, parsePublicId } from '../lib/ids.js';
import type { PublishResult } from '../services/publish.js';
import { type DeliveryResource, type DeliveryStatus, exportQuery } from '../services/schemas/deliveries.js';
import { parseInput } from '../services/schemas/parse.js';
import { publishInput, type TestInput, testInput } from '../services/schemas/publish.js';
import {
  type SecretResource,
  type SubscriptionPatch,
  type SubscriptionResource,
  secretInput,
  subscriptionInput,
  subscriptionPatch,
} from '../services/schemas/subscriptions.js';
import {
  type ProviderSettingsInput,
  type ProviderSettingsResource,
  providerSettingsInput,
  type TenantResource,
} from '../services/schemas/tenants.js';
import type { Services } from '../services/services.js';
import { durationText, openClock, type TenantClock } from './clock.js';
import { openFaults, type TenantFaults } from './faults.js';
import { refusing } from './refusals.js';
import type { AnyProvider, EventType, SendInput, SubscribeInput } from './typed-events.js';
import { type WaitOptions, waitForDelivery } from './wait-for.js';
import { whileOpen } from './while-open.js';

export type { Advanced, TenantClock } from './clock.js';
export type { ActiveFault, FaultSpec, TenantFaults } from './faults.js';
export type { WaitOptions } from './wait-for.js';

export interface DeliveriesFilter {
  status?: DeliveryStatus | readonly DeliveryStatus[];
  subscriptionId?: string;
  eventId?: string;
  provider?: string;
  type?: string;
}

/** An isolated world: its own subscriptions, events, keys and clock. Every refusal is an AppError. */
export interface Tenant {
  id: string;
  slug: string;
  /** For the API; null for a tenant that was there already. */
  key: string | null;
  /** Its clock: real time until it is moved. */
  clock: TenantClock;
  /** What goes wrong on purpose. */
  faults: TenantFaults;
  /** Registers a URL; the secret is in the answer when it was made here. */
  subscribe<const P extends AnyProvider>(input: SubscribeInput<P>): Promise<SubscriptionResource>;
  subscription(id: string): Promise<SubscriptionResource>;
  update(id: string, patch: SubscriptionPatch): Promise<SubscriptionResource>;
  pause(id: string): Promise<SubscriptionResource>;
  resume(id: string): Promise<SubscriptionResource>;
  unsubscribe(id: string): Promise<void>;
  /** @param overlap `24h`, or milliseconds. */
  rotate(
    id: string,
    input?: { secret?: string; overlap?: string | number; name?: string },
  ): Promise<SecretResource>;
  /** What shapes the bodies of one provider. */
  configure(provider: string, input: ProviderSettingsInput): Promise<ProviderSettingsResource>;
  /** Publishes; the answer comes before the first attempt. */
  send<const P extends AnyProvider, const T extends EventType<P>>(
    type: T,
    input: SendInput<P, T>,
  ): Promise<PublishResult>;
  /** The provider's test event to one subscription. */
  test(id: string, input?: TestInput): Promise<PublishResult>;
  /** With their attempts, in order of creation. */
  deliveries(filter?: DeliveriesFilter): Promise<DeliveryResource[]>;
  delivery(id: string): Promise<DeliveryResource>;
  resend(id: string): Promise<DeliveryResource>;
  retryNow(id: string): Promise<DeliveryResource>;
  cancel(id: string): Promise<DeliveryResource>;
  /** The bytes of an event's body, as they are sent. */
  body(eventId: string): Promise<Uint8Array>;
  /** The first delivery that fits, as soon as there is one. @throws Error when there is none in time, telling what there is. */
  waitFor(
    predicate: (delivery: DeliveryResource) => boolean,
    options?: WaitOptions,
  ): Promise<DeliveryResource>;
  /**
   * Checks the consumer of a subscription, or of a provider at a URL. `effects`: a URL that answers its business state, or a
   * function that returns it; `moveClock` moves the consumer's clock; `readApi` is told where the provider's API is (level 2).
   */
  check(
    input: Omit<CheckStart, 'effects'> & Omit<InProcess, 'effects'> & { effects?: string | (() => unknown) },
  ): Promise<Run>;
  /** Empties it; its clock goes back to real time. */
  reset(): Promise<void>;
}

export interface TenantTools {
  /** Aborts when the Ringer is closed. */
  closing: AbortSignal;
  /** The use-cases for a call that makes something. */
  next(): Services;
}

export function openTenant(app: App, resource: TenantResource, { closing, next }: TenantTools): Tenant {
  const { services } = app;
  const { id, slug, key = null } = resource;
  const tenantId = uuidOf('ten', id);
  const sub = (subscriptionId: string) => uuidOf('sub', subscriptionId);
  const dlv = (deliveryId: string) => uuidOf('dlv', deliveryId);

  async function deliveries(filter: DeliveriesFilter = {}): Promise<DeliveryResource[]> {
    const { status, ...rest } = filter;
    const query = parseInput(exportQuery, {
      ...rest,
      ...(status ? { status: [status].flat().join(',') } : {}),
    });
    const found: DeliveryResource[] = [];
    for await (const { id: deliveryId } of services.history.exportDeliveries(tenantId, query)) {
      found.push(await services.history.delivery(tenantId, dlv(deliveryId)));
    }
    return found.reverse();
  }

  const calls: Omit<Tenant, 'id' | 'slug' | 'key' | 'clock' | 'faults'> = {
    async subscribe(input) {
      return (await next().subscriptions.create(tenantId, parseInput(subscriptionInput, input))).subscription;
    },
    subscription: async (subscriptionId) => services.subscriptions.read(tenantId, sub(subscriptionId)),
    async update(subscriptionId, patch) {
      const input = parseInput(subscriptionPatch, patch);
      return (await services.subscriptions.update(tenantId, sub(subscriptionId), input)).subscription;
    },
    pause: async (subscriptionId) => services.subscriptions.pause(tenantId, sub(subscriptionId)),
    resume: async (subscriptionId) => services.subscriptions.resume(tenantId, sub(subscriptionId)),
    unsubscribe: async (subscriptionId) => services.subscriptions.remove(tenantId, sub(subscriptionId)),
    async rotate(subscriptionId, { overlap, ...input } = {}) {
      const wanted = overlap === undefined ? input : { ...input, overlap: durationText(overlap) };
      return next().secrets.rotate(tenantId, sub(subscriptionId), parseInput(secretInput, wanted));
    },
    configure: async (provider, input) =>
      services.settings.put(tenantId, provider, parseInput(providerSettingsInput, input)),
    send: (type, input) =>
      refusing(async () => next().publish.publish(tenantId, parseInput(publishInput, { ...input, type }))),
    test: (subscriptionId, input = {}) =>
      refusing(async () => next().publish.test(tenantId, sub(subscriptionId), parseInput(testInput, input))),
    deliveries,
    delivery: async (deliveryId) => services.history.delivery(tenantId, dlv(deliveryId)),
    resend: async (deliveryId) => services.deliveries.resend(tenantId, dlv(deliveryId)),
    retryNow: async (deliveryId) => services.deliveries.retryNow(tenantId, dlv(deliveryId)),
    cancel: async (deliveryId) => services.deliveries.cancel(tenantId, dlv(deliveryId)),
    body: async (eventId) => services.history.eventBytes(tenantId, uuidOf('evt', eventId)),
    waitFor: (predicate, options) =>
      waitForDelivery({ stream: services.stream, tenantId, deliveries, closing }, predicate, options),
    check: ({ effects, moveClock, readApi, ...input }) =>
      services.checks.run(tenantId, typeof effects === 'string' ? { ...input, effects } : input, {
        ...(typeof effects === 'function' ? { effects } : {}),
        ...(moveClock ? { moveClock } : {}),
        ...(readApi ? { readApi } : {}),
      }),
    reset: () => services.reset.reset(tenantId),
  };
  return {
    id,
    slug,
    key,
    clock: openClock(services, { tenantId, closing }),
    faults: openFaults({ services, next }, { tenantId, closing }),
    ...whileOpen(closing, calls),
  };
}

function uuidOf(prefix: IdPrefix, id: string): string {
  const uuid = parsePublicId(prefix, id);
  if (uuid !== null) return uuid;
  throw new AppError('not_found', `"${id.slice(0, 60)}" is no id of the form ${prefix}_<uuid>.`);
}
