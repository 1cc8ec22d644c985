import { AppError, unknownName } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { Random } from '../lib/random.js';
import { isTransient } from '../store/database.js';
import { readSubscriptionHead } from '../store/lanes.js';
import type { Queryable } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import type { FaultsService } from './faults.js';
import { gather, type Outcome } from './gather.js';
import { goesNow } from './hand-over.js';
import type { InsideOption } from './idempotency.js';
import { type Manner, type Published, publications } from './publications.js';
import { refuseTaken, refuseTakenUid } from './publish-refusals.js';
import type { PublishInput, TestInput, TestMore } from './schemas/publish.js';

/** Single publishes that are written together. */
const MAX_GROUP = 100;

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

export function publishService(context: Context, faults: FaultsService): PublishService {
  const { db, registry, stream } = context;
  const { store, rehearse } = publications(context);
  const usual: Manner = { onPurpose: false, random: context.random };

  const publishAll = async (
    tenantId: string,
    inputs: readonly PublishInput[],
    { inside, ...manner }: Partial<Manner> & InsideOption<PublishResult[]> = {},
  ) => {
    const stored = async (client: Queryable) => {
      const { published, clock } = await store(client, tenantId, inputs, { ...usual, ...manner });
      for (const [i, { event }] of published.entries()) {
        const wrong = inputs[i]!.faults;
        if (wrong?.length)
          await faults.attach(client, tenantId, { eventId: event.id, nowMs: clock.nowMs, faults: wrong });
      }
      return { published, results: published.map((p) => toResult(p, clock.nowMs)) };
    };
    const notices: string[] = [];
    for (const input of inputs)
      if (input.faults?.length) notices.push(...(await faults.admit(tenantId, input.faults, input)));
    // Ids of the caller's choice are held until they are stored; without any, and with nothing to write beside, each
    // statement stands alone.
    const named = inputs.some(stoodBeside);
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
    results[0]?.notices.push(...notices);
    return results;
  };

  /** Each stands for itself, as if it had been published alone. */
  const publishEach = async (
    tenantId: string,
    inputs: readonly PublishInput[],
  ): Promise<Outcome<PublishResult>[]> => {
    const refused = new Map<number, unknown>();
    try {
      const { published, clock } = await store(db.pool, tenantId, inputs, { ...usual, refused });
      const results = published.map((p) => toResult(p, clock.nowMs));
      announce(tenantId, published, results);
      const rest = results.values();
      return inputs.map((_, i) =>
        refused.has(i) ? { error: refused.get(i) } : { value: rest.next().value as PublishResult },
      );
    } catch (error) {
      if (inputs.length === 1 || !maySucceedApart(error)) throw error;
      const outcomes: Outcome<PublishResult>[] = [];
      for (const input of inputs)
        outcomes.push(...(await publishEach(tenantId, [input]).catch((e: unknown) => [{ error: e }])));
      return outcomes;
    }
  };

  const together = gather({ work: publishEach, workers: db.embedded ? 1 : 2, most: MAX_GROUP });

  /** Tells of what is committed. */
  const announce = (
    tenantId: string,
    published: readonly Published[],
    results: readonly PublishResult[],
  ): void => {
    const ready = published.flatMap((p) =>
      p.deliveries.filter((d) => goesNow(d) && !d.inHand).map((d) => d.lane),
    );
    if (ready.length > 0) context.nudge([...new Set(ready)]);
    if (stream.isFollowed(tenantId))
      for (const { notices: _, ...data } of results) stream.publish(tenantId, 'event.created', data);
  };

  return {
    async publish(tenantId, input, { inside } = {}) {
      const alone = inside === undefined && !stoodBeside(input);
      return alone ? together(tenantId, input) : (await publishAll(tenantId, [input], ofOne(inside)))[0]!;
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
    rehearse: (client, tenantId, planned) =>
      rehearse(
        client,
        tenantId,
        planned.map(({ input, random, atMs }) => ({ input, atMs, manner: { ...usual, random } })),
      ),
  };
}

/** Whether more is to be written or read with it than one statement does. */
function stoodBeside({ eventId, uid, faults }: PublishInput): boolean {
  return eventId !== undefined || uid !== undefined || (faults?.length ?? 0) > 0;
}

/** Together they are more than goes at once, or one of them cannot be stored. */
function maySucceedApart(error: unknown): boolean {
  return error instanceof AppError ? error.code === 'too_many_deliveries' : !isTransient(error);
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
