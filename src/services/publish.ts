import { type MatchingSubscription, matchingSubscriptions } from '../engine/lane-snapshot.js';
import { AppError, unknownName } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import type { BuildInput, Profile } from '../providers/contract.js';
import { findEvent } from '../providers/find-event.js';
import { readSubscriptionHead } from '../store/lanes.js';
import { insertPublication, type NewDelivery, type NewEvent } from '../store/publishing.js';
import { type ClockReading, type Queryable, readTenantClock } from '../store/tenant-clock.js';
import { bodySettings } from './body-settings.js';
import type { Context } from './context.js';
import { environmentOf } from './environments.js';
import { asJson, eventBody } from './event-body.js';
import { fanOut } from './fan-out.js';
import type { InsideOption } from './idempotency.js';
import { lifeOf, type Named, noticeLives } from './judge-lives.js';
import { atIndex, refuseTaken, refuseTakenUid, subscriptionHead } from './publish-refusals.js';
import type { PublishInput, TestInput, TestMore } from './schemas/publish.js';

const MAX_DELIVERIES = 100_000;
/** Each is a clock that moved between its reading and the write. */
const MAX_CLOCK_READS = 50;

export interface PublishResult {
  id: string;
  providerEventId: string | null;
  provider: string;
  type: string;
  createdAt: string;
  deliveries: { id: string; subscriptionId: string; status: 'pending' | 'held' | 'cancelled' }[];
  /** For `Ringer-Notice`: legal, but worth a word. */
  notices: string[];
}

export interface PublishService {
  /** The event and a delivery for each matching subscription, in one transaction; nothing was stored when it throws. */
  publish(tenantId: string, input: PublishInput, more?: InsideOption<PublishResult>): Promise<PublishResult>;
  /** Up to 1,000 events, all or none. */
  batch(
    tenantId: string,
    inputs: readonly PublishInput[],
    more?: InsideOption<BatchResult>,
  ): Promise<BatchResult>;
  /** The provider's test event to one subscription: one attempt, no retry. */
  test(
    tenantId: string,
    subscriptionId: string,
    input: TestInput & TestMore & InsideOption<PublishResult>,
  ): Promise<PublishResult>;
  /**
   * One event among other statements of a transaction.
   * @returns what tells of it, for after the commit.
   */
  within(client: Queryable, tenantId: string, planned: Rehearsed): Promise<() => void>;
  /** Makes bodies as they would be then, and stores nothing. @throws what publishing them would throw. */
  rehearse(
    client: Queryable,
    tenantId: string,
    planned: readonly (Rehearsed & { atMs: number })[],
  ): Promise<void>;
}

export interface BatchResult {
  events: { id: string; providerEventId: string | null; deliveryCount: number }[];
  notices: string[];
}

/** An event with the randomness its body is made of. */
export interface Rehearsed {
  input: PublishInput;
  random: Random;
}

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

/** What of a tenant one transaction has read already. */
interface Reading {
  tenantId: string;
  clock: ClockReading;
  settings: Map<string, Record<string, unknown>>;
  matches: Map<string, MatchingSubscription[]>;
}

/** How events are made. */
interface Manner {
  /** Somebody asked for just this one, to this subscription. */
  onPurpose: boolean;
  random: Random;
}

export function publishService(context: Context): PublishService {
  const { db, ids, registry, stream } = context;
  const usual: Manner = { onPurpose: false, random: context.random };

  /** Bodies are made by a reading of the clock and stored only while it holds; a clock that moves is read again. */
  const store = async (
    client: Queryable,
    tenantId: string,
    inputs: readonly PublishInput[],
    manner: Manner,
  ) => {
    for (let tries = 0; tries < MAX_CLOCK_READS; tries++) {
      const clock = await readTenantClock(client, tenantId);
      if (!clock) throw new AppError('not_found', 'There is no such tenant.');
      const reading = readingAt(tenantId, clock);
      const published: Made[] = [];
      for (const [i, input] of inputs.entries()) {
        const one = () => publishOne(client, reading, input, manner);
        published.push(await (inputs.length === 1 ? one() : atIndex(i, one)));
      }
      const deliveries = published.flatMap((p) => p.deliveries);
      if (deliveries.length > MAX_DELIVERIES) {
        throw new AppError(
          'too_many_deliveries',
          `The batch makes ${deliveries.length} deliveries, at most ${MAX_DELIVERIES} go at once. Send fewer events.`,
        );
      }
      await noticeLives(client, tenantId, published);
      const events = published.map((p) => p.event);
      if (await insertPublication(client, { tenantId, clock, events, deliveries }))
        return { published, clock };
    }
    throw new AppError(
      'clock_busy',
      'The clock or a subscription moves faster than the events can be made; publish again.',
    );
  };

  const publishAll = async (
    tenantId: string,
    inputs: readonly PublishInput[],
    { inside, ...manner }: Partial<Manner> & InsideOption<PublishResult[]> = {},
  ) => {
    const stored = async (client: Queryable) => {
      const { published, clock } = await store(client, tenantId, inputs, { ...usual, ...manner });
      return { published, results: published.map((p) => toResult(p, clock.nowMs)) };
    };
    // Ids of the caller's choice are held until they are stored; without any, and with nothing to write beside, each
    // statement stands alone.
    const named = inputs.some(({ eventId, uid }) => eventId !== undefined || uid !== undefined);
    const alone = !named && inside === undefined;
    const { published, results } = alone
      ? await stored(db.pool)
      : await db.transaction(async (client) => {
          await refuseTaken(client, tenantId, inputs);
          for (const input of inputs) await refuseTakenUid(client, tenantId, input);
          const done = await stored(client);
          await inside?.(client, done.results);
          return done;
        });
    announce(tenantId, published, results);
    return results;
  };

  /** Tells of what is committed. */
  const announce = (
    tenantId: string,
    published: readonly Published[],
    results: readonly PublishResult[],
  ): void => {
    const ready = published.flatMap((p) =>
      p.deliveries.filter((d) => d.fate === 'ready' && d.afterMs === 0).map((d) => d.lane),
    );
    if (ready.length > 0) context.nudge([...new Set(ready)]);
    if (stream.isFollowed(tenantId))
      for (const { notices: _, ...data } of results) stream.publish(tenantId, 'event.created', data);
  };

  const publishOne = async (
    client: Queryable,
    reading: Reading,
    input: PublishInput,
    { onPurpose, random }: Manner,
  ): Promise<Made> => {
    const profile = registry.get(input.provider);
    const settings = await remembered(reading.settings, profile.id, () =>
      bodySettings(context, client, reading.tenantId, profile),
    );
    const { type } = input;
    const isKnown = profile.events.some((event) => event.type === type);
    const variant = input.anyType && !isKnown ? null : variantOf(profile, input, settings);
    const only =
      input.subscriptionId === undefined
        ? null
        : await subscriptionHead(client, reading.tenantId, input, profile);
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
    const { application } = event;
    const matching = await remembered(
      reading.matches,
      `${profile.id} ${environment} ${JSON.stringify(application)}`,
      () =>
        matchingSubscriptions(context, client, {
          tenantId: reading.tenantId,
          provider: profile.id,
          environment,
          application,
        }),
    );
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
    const notice = profile.notice?.(build) ?? null;
    return { event, deliveries, notices: notice === null ? [] : [notice], named };
  };

  return {
    async publish(tenantId, input, { inside } = {}) {
      return (await publishAll(tenantId, [input], ofOne(inside)))[0]!;
    },
    async batch(tenantId, inputs, { inside } = {}) {
      const more = inside && {
        inside: (client: Queryable, all: PublishResult[]) => inside(client, toBatch(all)),
      };
      return toBatch(await publishAll(tenantId, inputs, more));
    },
    async test(tenantId, subscriptionId, { inside, ...input }) {
      const head = await readSubscriptionHead(db.pool, tenantId, subscriptionId);
      if (!head) throw new AppError('not_found', 'There is no such subscription.');
      if (head.status === 'paused')
        throw new AppError('subscription_stopped', 'The subscription is paused; resume it to send a test.');
      const { test } = registry.get(head.provider);
      const type = input.type ?? test.value.type;
      if (test.value.kind === 'type' && type !== test.value.type) {
        throw unknownName('unknown_event', `test event of ${head.provider}`, type, [test.value.type]);
      }
      const { variant, type: _, ...more } = input;
      const target = {
        ...more,
        provider: head.provider,
        type,
        subscriptionId: publicId('sub', subscriptionId),
        environment: head.environment,
      };
      return (
        await publishAll(tenantId, [{ ...target, ...(variant === undefined ? {} : { variant }) }], {
          onPurpose: true,
          ...ofOne(inside),
        })
      )[0]!;
    },
    async within(client, tenantId, { input, random }) {
      const { published, clock } = await store(client, tenantId, [input], { ...usual, random });
      return () =>
        announce(
          tenantId,
          published,
          published.map((p) => toResult(p, clock.nowMs)),
        );
    },
    async rehearse(client, tenantId, planned) {
      const clock = await readTenantClock(client, tenantId);
      if (!clock) throw new AppError('not_found', 'There is no such tenant.');
      const reading = readingAt(tenantId, clock);
      for (const { input, random, atMs } of planned)
        await publishOne(client, { ...reading, clock: { ...clock, nowMs: atMs } }, input, {
          ...usual,
          random,
        });
    },
  };
}

function ofOne(inside: InsideOption<PublishResult>['inside']): InsideOption<PublishResult[]> {
  return inside ? { inside: (client, [only]) => inside(client, only!) } : {};
}

function toBatch(results: readonly PublishResult[]): BatchResult {
  return {
    events: results.map(({ id, providerEventId, deliveries }) => ({
      id,
      providerEventId,
      deliveryCount: deliveries.length,
    })),
    notices: [...new Set(results.flatMap((r) => r.notices))],
  };
}

function readingAt(tenantId: string, clock: ClockReading): Reading {
  return { tenantId, clock, settings: new Map(), matches: new Map() };
}

/** @throws AppError `unknown_event`, `unknown_variant` */
function variantOf(
  { events }: Profile,
  { type, variant }: PublishInput,
  settings: Readonly<Record<string, unknown>>,
): string | null {
  return findEvent(events, { type, settings, ...(variant === undefined ? {} : { variant }) }).variant;
}

async function remembered<T>(map: Map<string, T>, key: string, read: () => Promise<T>): Promise<T> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = await read();
  map.set(key, value);
  return value;
}

export function toResult({ event, deliveries, notices }: Published, nowMs: number): PublishResult {
  const status = { ready: 'pending', held: 'held', cancelled: 'cancelled' } as const;
  return {
    id: publicId('evt', event.id),
    providerEventId: event.providerEventId,
    provider: event.provider,
    type: event.type,
    createdAt: isoMillis(nowMs),
    deliveries: deliveries.map((d) => ({
      id: publicId('dlv', d.id),
      subscriptionId: publicId('sub', d.subscriptionId),
      status: status[d.fate],
    })),
    notices,
  };
}
