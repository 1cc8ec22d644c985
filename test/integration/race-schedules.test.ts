import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/lib/random.js';
import { eventually } from '../support/eventually.js';
import { bare, refusalOf, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
/** `npm run torture` asks for more. */
const RUNS = Number(process.env.TORTURE_RUNS ?? 15);
const SEED = Number(process.env.TORTURE_SEED ?? 1);

/** One schedule: a handful of acts that begin at any moment of each other, and of what is in flight. */
async function race(seed: string): Promise<{ sent: number; withdrawn: number }> {
  const random = seededRandom(`race ${seed}`);
  const upTo = (n: number) => Math.floor(random.float() * n);
  const wait = async (turns: number) => {
    for (let i = 0; i < turns; i++) await turn();
  };
  const scene = await setScene(world, 'healthsync', {
    clock: null,
    maxInFlight: 3,
    settings: { timeoutMs: 60_000 },
  });
  const { tenantId, subscriptionId, services } = scene;
  const { subscriptions } = services;
  scene.consumer.answer(async () => {
    await wait(upTo(30));
    return 200;
  });
  const ids: string[] = [];
  const acts = {
    async publish() {
      const { deliveries } = await services.publish.publish(tenantId, {
        provider: 'healthsync',
        type: 'document.uploaded',
      });
      ids.push(...deliveries.map(({ id }) => bare(id)));
    },
    pause: () => subscriptions.pause(tenantId, subscriptionId),
    resume: () => subscriptions.resume(tenantId, subscriptionId),
    update: () => subscriptions.update(tenantId, subscriptionId, { maxInFlight: 1 + upTo(5) }),
    cancel: async () => {
      if (ids.length > 0) await services.deliveries.cancel(tenantId, ids[upTo(ids.length)]!);
    },
  };
  const names = ['publish', 'publish', 'publish', 'pause', 'resume', 'update', 'cancel'] as const;
  const some = Array.from(
    { length: 6 + upTo(8) },
    () => [acts[names[upTo(names.length)]!], upTo(60)] as const,
  );
  await acts.publish();
  await Promise.all(
    some.map(async ([act, turns]) => {
      await wait(turns);
      const refusal = await refusalOf(act());
      expect(['was not refused', 'conflict', 'delivery_finished']).toContain(refusal);
    }),
  );
  await subscriptions.pause(tenantId, subscriptionId);
  // What was in hand when the pause was written may still go; after that, nothing.
  await nothingLeased(tenantId);
  const before = scene.consumer.received.length;
  await acts.publish();
  await wait(60);
  await nothingLeased(tenantId);
  expect(scene.consumer.received, seed).toHaveLength(before);
  expect((await scene.delivery(ids.at(-1)!)).status, seed).toBe('held');
  const removed = random.float() < 0.5;
  const last = refusalOf(subscriptions.resume(tenantId, subscriptionId));
  await wait(upTo(40));
  if (removed) await subscriptions.remove(tenantId, subscriptionId);
  expect(['was not refused', 'not_found']).toContain(await last);
  return eventually(async () => {
    let sent = 0;
    let withdrawn = 0;
    for (const id of ids) {
      const { status, reason, attemptCount, attempts } = await scene.delivery(id);
      const told = `${seed}: ${status} ${reason}`;
      if (status === 'cancelled') {
        expect(['cancelled', 'subscription_deleted'], told).toContain(reason);
        withdrawn += 1;
      } else expect([status, attemptCount], told).toEqual(['delivered', 1]);
      expect(
        attempts.filter(({ outcome }) => outcome === 'superseded'),
        told,
      ).toEqual([]);
      sent += attemptCount;
    }
    // Each request is told of by one attempt: nothing went out twice, nothing came back to life.
    expect(scene.consumer.received, seed).toHaveLength(sent);
    return { sent, withdrawn };
  }, 60_000);
}

/** A claim that was made is seen in the tables before it is seen here. */
async function nothingLeased(tenantId: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await world.app.context.db.pool.query(
      'SELECT id FROM open_delivery WHERE tenant_id = $1 AND token IS NOT NULL',
      [tenantId],
    );
    expect(rows).toEqual([]);
  }, 60_000);
}

describe('T24: what is done to a subscription, at any moment of what is in flight for it', () => {
  it(
    `sends nothing after a pause, brings nothing back, and everything ends once: ${RUNS} schedules`,
    async () => {
      let sent = 0;
      let withdrawn = 0;
      for (let i = 0; i < RUNS; i++) {
        const ends = await race(`${SEED}.${i}`);
        sent += ends.sent;
        withdrawn += ends.withdrawn;
      }
      expect(sent).toBeGreaterThan(RUNS);
      expect(withdrawn).toBeGreaterThan(0);
    },
    Math.max(180_000, RUNS * 3_000),
  );
});
