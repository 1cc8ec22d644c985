import type { MatchingSubscription } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { publicId } from '../lib/ids.js';
import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import { BodyError, type BuildInput, type Profile } from '../providers/contract.js';
import { findEvent } from '../providers/find-event.js';
import { insertPublication, type NewDelivery, type NewEvent, type Publication } from '../store/publishing.js';
import type { ClockReading, Queryable } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import { environmentOf } from './environments.js';
import { asJson, eventBody } from './event-body.js';
import { fanOut } from './fan-out.js';
import { storeInHand } from './hand-over.js';
import { lifeOf, type Named, noticeLives } from './judge-lives.js';
import { type Reading, readingFor } from './publish-reading.js';
import { atIndex, subscriptionHead } from './publish-refusals.js';
import type { PublishInput } from './schemas/publish.js';

const MAX_DELIVERIES = 100_000;
/** Each is a clock that moved between its reading and the write. */
const MAX_CLOCK_READS = 50;

export interface Published {
  event: NewEvent;
  deliveries: NewDelivery[];
  /** Legal, but worth a word. */
  notices: string[];
}

/** A publication before its life was looked at. */
interface Made extends Published {
  named: Named | null;
}

/** How events are made. */
export interface Manner {
  /** Where given, an event that is refused is noted here by its index and left out; otherwise it refuses all of them. */
  refused?: Map<number, unknown>;
  /** Somebody asked for just this one, to this subscription. */
  onPurpose: boolean;
  random: Random;
}

/** What is published and by which reading of the clock; without those that were refused by themselves. */
export interface Stored {
  published: Published[];
  clock: ClockReading;
}

export interface Publications {
  /** Makes events and stores them with their deliveries, all or none but for those that `refused` takes out. */
  store(
    client: Queryable,
    tenantId: string,
    inputs: readonly PublishInput[],
    manner: Manner,
  ): Promise<Stored>;
  /** Makes them as they would be then, and stores nothing. @throws what storing them would throw. */
  rehearse(
    client: Queryable,
    tenantId: string,
    planned: readonly { input: PublishInput; atMs: number; manner: Manner }[],
  ): Promise<void>;
}

/** From what somebody wants published to its bytes, its deliveries and their rows. */
export function publications(context: Context): Publications {
  const { db, ids, log, registry } = context;

  /** Bodies are made by a reading of the clock and stored only while it holds; a clock that moves is read again. */
  const store = async (
    client: Queryable,
    tenantId: string,
    inputs: readonly PublishInput[],
    manner: Manner,
  ): Promise<Stored> => {
    for (let tries = 0; tries < MAX_CLOCK_READS; tries++) {
      const reading = await readingFor(context, client, tenantId, inputs);
      const { clock, readAtMs } = reading;
      const published: Made[] = [];
      for (const [i, input] of inputs.entries()) {
        const one = () => makeOne({ client, tenantId }, reading, input, manner);
        const made = manner.refused
          ? await orRefused(manner.refused, i, one)
          : await (inputs.length === 1 ? one() : atIndex(i, one));
        if (made) published.push(made);
      }
      const deliveries = published.flatMap((p) => p.deliveries);
      if (deliveries.length > MAX_DELIVERIES) {
        throw new AppError(
          'too_many_deliveries',
          `The batch makes ${deliveries.length} deliveries, at most ${MAX_DELIVERIES} go at once. Send fewer events.`,
        );
      }
      const events = published.map((p) => p.event);
      if (await write(client, { tenantId, clock, events, deliveries }, { published, readAtMs }))
        return { published, clock };
    }
    throw new AppError(
      'clock_busy',
      'The clock or a subscription moves faster than the events can be made; publish again.',
    );
  };

  /** Stores it, and looks beside it for what is worth a word: that changes nothing that is stored, and fails nothing. */
  const write = async (
    client: Queryable,
    publication: Publication,
    { published, readAtMs }: { published: readonly Made[]; readAtMs: number },
  ): Promise<boolean> => {
    const notice = () => noticeLives(client, publication.tenantId, published);
    // A transaction has one connection: one after the other. Nor is anything of it in hand before it commits.
    if (client !== db.pool) {
      const { isStored } = await insertPublication(client, publication);
      if (isStored) await notice();
      return isStored;
    }
    const stored = storeInHand(context, client, publication, readAtMs);
    const noticed = notice().catch((error: Error) =>
      log.warn('what was told before could not be looked at', { error: error.message }),
    );
    const isStored = await stored;
    await noticed;
    return isStored;
  };

  const makeOne = async (
    { client, tenantId }: { client: Queryable; tenantId: string },
    reading: Reading,
    input: PublishInput,
    { onPurpose, random }: Manner,
  ): Promise<Made> => {
    const profile = registry.get(input.provider);
    const settings = await reading.settings(profile);
    const { type } = input;
    const isKnown = profile.events.some((event) => event.type === type);
    const variant = input.anyType && !isKnown ? null : variantOf(profile, input, settings);
    const only =
      input.subscriptionId === undefined ? null : await subscriptionHead(client, tenantId, input, profile);
    const environment = environmentOf(profile, input.environment ?? only?.environment);
    const build: BuildInput = {
      type,
      variant,
      environment,
      settings,
      nowMs: reading.clock.nowMs,
      random,
      ...(input.data === undefined ? {} : { data: input.data as Json }),
      ...(input.eventId === undefined ? {} : { eventId: input.eventId }),
    };
    const { body, providerEventId, json } = eventBody(profile, input, build);
    const raw = input.payload !== undefined || input.payloadBase64 !== undefined;
    const read = () => json ?? asJson(body);
    const { subject, named } = lifeOf(profile, {
      type,
      environment,
      read,
      given: raw ? read : () => (input.data ?? null) as Json,
    });
    const event: NewEvent = {
      id: ids.next(),
      provider: profile.id,
      type,
      variant,
      environment,
      providerEventId,
      direct: only !== null,
      body,
      subject,
      application: input.application ?? only?.application ?? null,
      channels: input.channels ?? [],
      uid: input.uid ?? null,
      details: input.details === undefined ? null : JSON.stringify(input.details),
    };
    const matching = await reading.matches(profile, { environment, application: event.application });
    const isTest = onPurpose || (profile.test.value.kind === 'type' && profile.test.value.type === type);
    const deliveries = fanOut({
      profile,
      event,
      body: matching.length > 0 ? asJson(body) : null,
      trigger: isTest ? 'test' : 'scheduled',
      subscriptions: only ? matching.filter((s) => s.id === only.id) : matching,
      tenantSettings: settings,
      onPurpose,
      afterMs: Math.max(0, (input.deliverAtMs ?? 0) - reading.clock.nowMs),
      nextId: () => ids.next(),
    });
    const notice = profile.notice?.(build, read) ?? null;
    const notices = [...(notice === null ? [] : [notice]), ...unreadableAmong(matching, deliveries)];
    return { event, deliveries, notices, named };
  };

  return {
    store,
    async rehearse(client, tenantId, planned) {
      const inputs = planned.map(({ input }) => input);
      const reading = await readingFor(context, client, tenantId, inputs);
      for (const { input, atMs, manner } of planned) {
        const then = { ...reading, clock: { ...reading.clock, nowMs: atMs } };
        await makeOne({ client, tenantId }, then, input, manner);
      }
    },
  };
}

/** Others get theirs; what goes to these comes to a visible end. */
function unreadableAmong(
  matching: readonly MatchingSubscription[],
  deliveries: readonly NewDelivery[],
): string[] {
  return matching
    .filter(({ unreadable }) => unreadable !== undefined)
    .filter(({ id }) => deliveries.some(({ subscriptionId }) => subscriptionId === id))
    .map(
      ({ id, unreadable }) =>
        `${publicId('sub', id)} gets nothing: its stored settings cannot be opened (${unreadable}), and its deliveries end as unsendable.`,
    );
}

async function orRefused(
  refused: Map<number, unknown>,
  index: number,
  make: () => Promise<Made>,
): Promise<Made | null> {
  try {
    refused.delete(index);
    return await make();
  } catch (error) {
    if (!(error instanceof AppError) && !(error instanceof BodyError)) throw error;
    refused.set(index, error);
    return null;
  }
}

/** @throws AppError `unknown_event`, `unknown_variant` */
function variantOf(
  { events }: Profile,
  { type, variant }: PublishInput,
  settings: Readonly<Record<string, unknown>>,
): string | null {
  return findEvent(events, { type, settings, ...(variant === undefined ? {} : { variant }) }).variant;
}
