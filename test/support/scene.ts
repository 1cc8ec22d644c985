import type { App } from '../../src/app.js';
import type { AdvanceInput } from '../../src/services/schemas/clock.js';
import type { AttemptResource, DeliveryResource } from '../../src/services/schemas/deliveries.js';
import type { PublishInput } from '../../src/services/schemas/publish.js';
import type { SubscriptionInput } from '../../src/services/schemas/subscriptions.js';
import type { Services } from '../../src/services/services.js';
import type { Answer, Consumer } from './consumer.js';
import { eventually } from './eventually.js';
import type { World } from './world.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Where the clocks of most tests start. */
export const START = Date.parse('2026-01-01T00:00:00.000Z');

/** An event of each provider that every subscription gets. */
const TYPES: Record<string, string> = {
  noyo: 'difference.created',
  healthsherpa: 'sync',
  voyado: 'contact.created',
  novamed: 'order:created',
  healthsync: 'document.uploaded',
};

export interface SceneOptions extends Partial<Omit<SubscriptionInput, 'provider'>> {
  /** What the endpoint answers; default 503. */
  answers?: Answer;
  /** Default: manual, at `START`. Null leaves it on the system clock. */
  clock?: Parameters<Services['clock']['put']>[1] | null;
  /** In this tenant, beside what is there; its clock stays as it is. */
  tenantId?: string;
  /** Through this app instead of the world's. */
  app?: App;
}

/** A tenant with one subscription to an endpoint of its own. Ids are UUIDs. */
export interface Scene {
  tenantId: string;
  subscriptionId: string;
  consumer: Consumer;
  services: Services;
  /** The id of the delivery to this subscription. */
  publish(input?: Partial<PublishInput>): Promise<string>;
  advance(input: AdvanceInput): Promise<Record<string, unknown>>;
  now(): Promise<number>;
  subscription(): ReturnType<Services['subscriptions']['read']>;
  delivery(id: string): Promise<DeliveryResource & { attempts: AttemptResource[] }>;
  /** When its attempts started, milliseconds after `from`. */
  offsets(deliveryId: string, from?: number): Promise<number[]>;
  /** The delivery, once it has this status. */
  until(deliveryId: string, status: string): Promise<DeliveryResource & { attempts: AttemptResource[] }>;
  /** The delivery, once so many attempts have settled. */
  untilAttempts(
    deliveryId: string,
    count: number,
  ): Promise<DeliveryResource & { attempts: AttemptResource[] }>;
}

export async function setScene(
  world: World,
  provider: string,
  { answers = 503, clock, tenantId: shared, app = world.app, ...input }: SceneOptions = {},
): Promise<Scene> {
  const { services } = app;
  const tenantId = shared ?? bare((await services.tenants.create({ name: `of ${provider}` })).id);
  const consumer = await world.consumer();
  consumer.answer(answers);
  const wanted = clock === undefined ? { mode: 'manual' as const, now: START } : clock;
  if (!shared && wanted) await services.clock.put(tenantId, wanted);
  const { subscription } = await services.subscriptions.create(tenantId, {
    url: consumer.url,
    ...input,
    provider,
  });
  const scene: Scene = {
    tenantId,
    subscriptionId: bare(subscription.id),
    consumer,
    services,
    async publish(more = {}) {
      const result = await services.publish.publish(tenantId, { provider, type: TYPES[provider]!, ...more });
      const mine = result.deliveries.find(({ subscriptionId }) => subscriptionId === subscription.id);
      if (!mine) throw new Error('the subscription does not get this event');
      return bare(mine.id);
    },
    advance: async (step) => (await services.clock.advance(tenantId, step)).body,
    now: async () => Date.parse((await services.clock.read(tenantId)).now),
    subscription: () => services.subscriptions.read(tenantId, scene.subscriptionId),
    async delivery(id) {
      const { attempts = [], ...rest } = await services.history.delivery(tenantId, id);
      return { ...rest, attempts };
    },
    async offsets(deliveryId, from = START) {
      const { attempts } = await scene.delivery(deliveryId);
      return attempts.map(({ startedAt }) => Date.parse(startedAt) - from);
    },
    until: (deliveryId, status) =>
      eventually(async () => {
        const found = await scene.delivery(deliveryId);
        if (found.status !== status) throw new Error(`the delivery is ${found.status}, not ${status}`);
        return found;
      }),
    untilAttempts: (deliveryId, count) =>
      eventually(async () => {
        const found = await scene.delivery(deliveryId);
        if (found.attempts.length < count)
          throw new Error(`there are ${found.attempts.length} attempts, not ${count}`);
        return found;
      }),
  };
  return scene;
}

/** The UUID in a public id. */
export function bare(publicId: string): string {
  return publicId.slice(4);
}

/** The code of the refusal that this ends in. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'was not refused';
}

/** An answer that a test gives when it likes. */
export interface Gate {
  answer: () => Promise<number>;
  open(status?: number): void;
}

export function gate(): Gate {
  let open: (status: number) => void = () => {};
  const opened = new Promise<number>((done) => {
    open = done;
  });
  return { answer: () => opened, open: (status = 200) => open(status) };
}
