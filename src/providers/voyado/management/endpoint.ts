import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Port, PortSubscription, PortSubscriptionInput } from '../../port.js';
import { svixId, uuidOfSvixId } from '../svix-ids.js';
import { invalid, notFound } from './errors.js';
import { channel, distinct, eventTypeName, metadata, rate, secret, text, uid } from './fields.js';

const MAX_CHANNELS = 10;

const types = z.array(eventTypeName).min(1, 'must have at least one item, or be null').transform(distinct);

/** What a caller decides of an endpoint, of an operational one too. */
export const commonFields = {
  url: z.string().min(1).max(65_536),
  description: text.optional(),
  uid: uid('ep_').nullish(),
  eventTypes: types.nullish(),
  filterTypes: types.nullish().meta({ description: 'The older name of eventTypes.' }),
  disabled: z.boolean().optional(),
  throttleRate: rate.nullish(),
  rateLimit: rate.nullish().meta({ description: 'The older name of throttleRate.' }),
  metadata: metadata.optional(),
};
export const endpointFields = {
  ...commonFields,
  channels: z
    .array(channel)
    .min(1)
    .max(MAX_CHANNELS, `at most ${MAX_CHANNELS} channels`)
    .transform(distinct)
    .nullish(),
  version: z.int().min(1).nullish(),
};
/** At creation alone. */
export const secretField = { secret: secret.nullish() };
export const headersField = { headers: z.record(z.string(), z.string()).nullish() };

const anyInput = z.object({ ...endpointFields, ...secretField, ...headersField });
export type EndpointPatch = Partial<z.output<typeof anyInput>>;
export type EndpointInput = EndpointPatch & { url: string };

/** The group of endpoints a path leads to. */
export interface EndpointPlace {
  port: Port;
  environment: string;
  /** What its subscriptions carry. */
  application: string;
  /** Those of these types that an endpoint cannot choose here. */
  unknownTypes(types: readonly string[]): Promise<string[]>;
}

export async function findEndpoint(place: EndpointPlace, ref: string): Promise<PortSubscription | null> {
  const { port, environment, application } = place;
  const uuid = uuidOfSvixId('ep', ref);
  const found =
    uuid === null
      ? (await port.subscriptions.list({ application, environment, uid: ref, limit: 1 }))[0]
      : await port.subscriptions.find(uuid);
  return found?.application === application && found.environment === environment ? found : null;
}

/** @throws DoorRefusal 404 */
export async function endpointIn(place: EndpointPlace, ref: string | undefined): Promise<PortSubscription> {
  const found = await findEndpoint(place, ref ?? '');
  if (!found) throw notFound('Endpoint');
  return found;
}

export async function createEndpoint(
  place: EndpointPlace,
  input: EndpointInput,
): Promise<{ endpoint: PortSubscription; notices: readonly string[] }> {
  const { subscription, notices } = await place.port.subscriptions.create({
    ...(await wanted(place, input, null)),
    url: input.url,
    environment: place.environment,
    application: place.application,
    ...(input.secret ? { secret: input.secret } : {}),
    ...(input.headers ? { headers: input.headers } : {}),
  });
  return { endpoint: subscription, notices };
}

/** @param whole what is left out goes back to its default. */
export async function changeEndpoint(
  place: EndpointPlace,
  endpoint: PortSubscription,
  { input, whole }: { input: EndpointPatch; whole: boolean },
): Promise<{ endpoint: PortSubscription; notices: readonly string[] }> {
  const { subscription, notices } = await place.port.subscriptions.update(endpoint.id, async (before) => ({
    ...(await wanted(place, input, whole ? null : before)),
    ...(input.url === undefined ? {} : { url: input.url }),
    ...(input.secret ? { secret: input.secret } : {}),
  }));
  if (input.secret === null) await place.port.subscriptions.rotate(endpoint.id, { overlapMs: 0 });
  return { endpoint: subscription, notices };
}

/** @param before null: what is left out has its default. */
async function wanted(
  place: EndpointPlace,
  input: EndpointPatch,
  before: PortSubscription | null,
): Promise<Omit<PortSubscriptionInput, 'secret'>> {
  const events = first(input.eventTypes, input.filterTypes);
  const unknown = events ? await place.unknownTypes(events) : [];
  if (unknown.length > 0)
    throw invalid(['filterTypes'], `The following event types don't exist: ${unknown.join(', ')}`);
  const rateLimit = first(input.throttleRate, input.rateLimit);
  const { description = '', metadata: kept = {}, version = 1 } = before ? before.details : {};
  const absent = <T>(value: T | undefined, otherwise: T): T | undefined =>
    value === undefined && before === null ? otherwise : value;
  const said = {
    events: absent(events, null),
    channels: absent(input.channels === null ? [] : input.channels, []),
    rateLimit: absent(rateLimit, null),
    uid: absent(input.uid, null),
    active: absent(input.disabled === undefined ? undefined : !input.disabled, true),
  };
  return {
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    anyEvents: true,
    details: {
      description: input.description ?? description,
      metadata: input.metadata ?? kept,
      version: input.version ?? version,
    },
  };
}

function first<T>(newer: T | undefined, older: T | undefined): T | undefined {
  return newer === undefined ? older : newer;
}

/** Sent to, as Svix sees it. */
export function isEnabled({ status }: Pick<PortSubscription, 'status'>): boolean {
  return status === 'active' || status === 'unhealthy';
}

const types_ = z.array(z.string()).nullable();
export const commonShape = z.object({
  id: z.string(),
  uid: z.string().nullable(),
  url: z.string(),
  description: z.string(),
  disabled: z.boolean(),
  eventTypes: types_,
  filterTypes: types_,
  throttleRate: z.number().nullable(),
  rateLimit: z.number().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
/** With what an operational endpoint has not. */
export const destinationShape = commonShape.extend({
  channels: z.array(z.string()).nullable(),
  version: z.number(),
});
const metadataShape = { metadata: z.record(z.string(), z.string()) };
export const operationalShape = commonShape
  .extend(metadataShape)
  .meta({ id: 'SvixOperationalWebhookEndpointOut' });
export const endpointShape = destinationShape.extend(metadataShape).meta({ id: 'SvixEndpointOut' });

function shownCommon(endpoint: PortSubscription): z.output<typeof commonShape> {
  const events = endpoint.events && [...endpoint.events];
  return {
    id: svixId('ep', endpoint.id),
    uid: endpoint.uid,
    url: endpoint.url,
    description: String(endpoint.details.description ?? ''),
    disabled: !isEnabled(endpoint),
    eventTypes: events,
    filterTypes: events,
    throttleRate: endpoint.rateLimit,
    rateLimit: endpoint.rateLimit,
    createdAt: isoMillis(endpoint.createdAtMs),
    updatedAt: isoMillis(endpoint.updatedAtMs),
  };
}

const metadataOf = ({ details }: PortSubscription) => ({
  metadata: { ...((details.metadata ?? {}) as Record<string, string>) },
});

export function shownOperational(endpoint: PortSubscription): z.output<typeof operationalShape> {
  return { ...shownCommon(endpoint), ...metadataOf(endpoint) };
}

export function shownDestination(endpoint: PortSubscription): z.output<typeof destinationShape> {
  return {
    ...shownCommon(endpoint),
    channels: endpoint.channels.length > 0 ? [...endpoint.channels] : null,
    version: Number(endpoint.details.version ?? 1),
  };
}

export function shownEndpoint(endpoint: PortSubscription): z.output<typeof endpointShape> {
  return { ...shownDestination(endpoint), ...metadataOf(endpoint) };
}
