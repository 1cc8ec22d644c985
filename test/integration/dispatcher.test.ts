import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dispatcher, DispatcherOptions } from '../../src/engine/dispatcher.js';
import { loadLaneSnapshots } from '../../src/engine/lane-snapshot.js';
import { createQueue, type Queue } from '../../src/store/queue.js';
import { endAbandoned } from '../../src/store/stopping.js';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { gate, HOUR, type Scene, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });
const started: Dispatcher[] = [];

afterEach(async () => {
  for (const dispatcher of started.splice(0)) await dispatcher.stop();
});

async function start(different: Partial<DispatcherOptions> = {}) {
  const dispatcher = ownDispatcher(world.app, different);
  started.push(dispatcher);
  await dispatcher.start();
  return dispatcher;
}

const NOTHING = { lanes: [], more: false, nextDueMs: null };
const realQueue = () => createQueue(world.app.context.db.hot);
const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await world.app.context.db.pool.query<T>(text, values)).rows;

async function laneOf({ tenantId, subscriptionId }: Scene): Promise<number> {
  const [row] = await sql<{ lane: number }>(
    'SELECT lane FROM subscription WHERE tenant_id = $1 AND id = $2',
    [tenantId, subscriptionId],
  );
  return row!.lane;
}

describe('a wake-up', () => {
  it('is not lost to a promotion that is under way', async () => {
    let [promotions, looks] = [0, 0];
    let open = () => {};
    const held = new Promise<void>((done) => {
      open = done;
    });
    const queue: Queue = {
      ...realQueue(),
      async look() {
        looks += 1;
        return NOTHING;
      },
      async promote() {
        promotions += 1;
        if (promotions === 1) await held;
        return NOTHING;
      },
    };
    const dispatcher = await start({ queue });
    dispatcher.promoteSoon();
    await eventually(() => expect(promotions).toBe(1));
    dispatcher.promoteSoon();
    // The timer of that one fires before this.
    await pause(5);
    open();
    await eventually(() => expect(promotions).toBe(2));
    // Where nothing is known to be due only the looks go on.
    await eventually(() => expect(looks).toBeGreaterThanOrEqual(3));
    expect(promotions).toBe(2);
  });

  it('is not lost in any moment between two claims', async () => {
    const asked = new Set<number>();
    let after: (() => void) | null = null;
    const queue: Queue = {
      ...realQueue(),
      look: async () => NOTHING,
      promote: async () => NOTHING,
      claim: async (_, wants) => {
        for (const { lane } of wants) asked.add(lane);
        after?.();
        return [];
      },
    };
    const loadSnapshots = async (lanes: readonly number[]) => {
      const [known] = await loadLaneSnapshots(world.app.context, [lane]);
      return lanes.map((key) => ({ ...known!, lane: key }));
    };
    const lane = await laneOf(await setScene(world, 'novamed'));
    const dispatcher = await start({ queue, loadSnapshots });
    for (let steps = 0; steps < 60; steps++) {
      const [first, second] = [1_000_000 + 2 * steps, 1_000_001 + 2 * steps];
      after = () => {
        after = null;
        let turn = Promise.resolve();
        for (let i = 0; i < steps; i++) turn = turn.then(() => {});
        void turn.then(() => dispatcher.nudge([second]));
      };
      dispatcher.nudge([first]);
      await eventually(() => expect(asked.has(second), `${steps} steps after a claim`).toBe(true));
    }
  });
});

describe('a delivery that must not go now', () => {
  it('slipped in while its subscription was deleted: cancelled, never sent', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const id = await scene.publish();
    // As if the publish had read the subscription before the removal and written after it.
    await sql('UPDATE subscription SET deleted_at = now(), revision = revision + 1 WHERE id = $1', [
      scene.subscriptionId,
    ]);
    await start();
    const delivery = await scene.until(id, 'cancelled');
    expect(delivery).toMatchObject({ reason: 'subscription_deleted', attemptCount: 0 });
    expect(scene.consumer.received).toHaveLength(0);
  });

  it('slipped in while it was paused: held, and sent after resume', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const id = await scene.publish();
    await sql(`UPDATE subscription SET status = 'paused', revision = revision + 1 WHERE id = $1`, [
      scene.subscriptionId,
    ]);
    const dispatcher = await start();
    await scene.until(id, 'held');
    expect(scene.consumer.received).toHaveLength(0);
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    dispatcher.nudge([await laneOf(scene)]);
    await scene.until(id, 'delivered');
  });

  it('was claimed just before a resume: that one wins, and nothing is held for ever', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null, maxInFlight: 1 });
    const ids = [await scene.publish(), await scene.publish()];
    await sql(`UPDATE subscription SET status = 'paused', revision = revision + 1 WHERE id = $1`, [
      scene.subscriptionId,
    ]);
    let raced = false;
    const queue: Queue = {
      ...realQueue(),
      look: () => realQueue().promote(),
      async claim(...claim) {
        const rows = await realQueue().claim(...claim);
        if (!raced) await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
        raced = true;
        return rows;
      },
    };
    const dispatcher = await start({ queue });
    dispatcher.nudge([await laneOf(scene)]);
    for (const id of ids) await scene.until(id, 'delivered');
    expect(raced).toBe(true);
  });

  it('was stored as held while its subscription went on again: sent, with no second resume', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const dispatcher = await start();
    const { subscriptions } = scene.services;
    await subscriptions.pause(scene.tenantId, scene.subscriptionId);
    // The publish has read that it is paused, and writes after the resume.
    const { pool } = world.app.context.db;
    const query = pool.query;
    const late = async (...given: unknown[]) => {
      if ((given[0] as { name?: string }).name === 'publish') {
        Object.assign(pool, { query });
        await subscriptions.resume(scene.tenantId, scene.subscriptionId);
      }
      return query.apply(pool, given as never);
    };
    Object.assign(pool, { query: late });
    const id = await scene.publish();
    expect(pool.query).toBe(query);
    dispatcher.nudge([await laneOf(scene)]);
    await scene.until(id, 'delivered');
  });

  it('has a lease too short for the timeout it now has: claimed again at once, not at the next look', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200, clock: null });
    const dispatcher = await start({ queue: { ...realQueue(), look: () => realQueue().promote() } });
    const lane = await laneOf(scene);
    const first = await scene.publish();
    dispatcher.nudge([lane]);
    await scene.until(first, 'delivered');
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
      settings: { timeoutMs: 200_000 },
    });
    const second = await scene.publish();
    dispatcher.nudge([lane]);
    await scene.until(second, 'delivered');
    expect((await scene.delivery(second)).attempts).toHaveLength(1);
  });
});

describe('outcomes of one subscription', () => {
  it('are written one after the other, so that a quick success never overtakes a failure before it', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const lane = await laneOf(scene);
    let slow: string | null = null;
    let writing = false;
    const queue: Queue = {
      ...realQueue(),
      async settle(outcomes, client) {
        if (outcomes.some(({ id }) => id === slow)) {
          writing = true;
          await pause(60);
        }
        return realQueue().settle(outcomes, client);
      },
    };
    const dispatcher = await start({ queue });
    const send = async () => {
      const id = await scene.publish();
      dispatcher.nudge([lane]);
      return id;
    };
    await scene.until(await send(), 'delivered');
    const gates = [gate(), gate()];
    scene.consumer.answer((_, index) => gates[index - 1]!.answer());
    slow = await send();
    await scene.consumer.got(2);
    const quick = await send();
    await scene.consumer.got(3);
    gates[0]!.open(503);
    await eventually(() => expect(writing).toBe(true));
    gates[1]!.open(200);
    await scene.until(quick, 'delivered');
    await scene.untilAttempts(slow, 1);
    expect(await scene.subscription()).toMatchObject({ status: 'active', unhealthySince: null });
    expect((await scene.delivery(slow)).attempts[0]?.subscriptionStatus).toBe('unhealthy');
  });

  it('are written again after a deadlock, with the answer, and nothing is sent twice', async () => {
    const scene = await setScene(world, 'novamed', { clock: null });
    scene.consumer.answer({ status: 200, body: 'thanks' });
    let deadlocks = 2;
    const queue: Queue = {
      ...realQueue(),
      async settle(outcomes, client) {
        if (deadlocks-- > 0) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
        return realQueue().settle(outcomes, client);
      },
    };
    const dispatcher = await start({ queue });
    const id = await scene.publish();
    dispatcher.nudge([await laneOf(scene)]);
    const { attempts } = await scene.until(id, 'delivered');
    expect(attempts).toMatchObject([
      { outcome: 'delivered', response: { body: 'thanks', truncated: false } },
    ]);
    expect(scene.consumer.received).toHaveLength(1);
  });

  it('that the database will not take do not keep those beside them from being written', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const ids = await Promise.all([scene.publish(), scene.publish(), scene.publish()]);
    await sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.delivery_id = '${ids[1]}' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '22P05'; END IF; RETURN NEW; END $$`);
    await sql('CREATE TRIGGER refuse BEFORE INSERT ON attempt FOR EACH ROW EXECUTE FUNCTION refuse()');
    try {
      const dispatcher = await start();
      dispatcher.nudge([await laneOf(scene)]);
      for (const id of [ids[0]!, ids[2]!]) await scene.until(id, 'delivered');
      await eventually(() => expect(dispatcher.backlog).toBe(0));
      expect(await scene.delivery(ids[1]!)).toMatchObject({ status: 'sending', attemptCount: 0 });
    } finally {
      await sql('DROP TRIGGER refuse ON attempt');
      await sql('DROP FUNCTION refuse');
    }
  });
});

describe('a process that died', () => {
  it('leaves leases that end: its deliveries go out again, with nobody restarting it', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const ids = [await scene.publish(), await scene.publish(), await scene.publish()];
    const dead = realQueue();
    const lane = await laneOf(scene);
    const claimed = await dead.claim(0, [{ lane, want: 10 }], { token: 1, seconds: 1.5 });
    expect(claimed.map(({ id }) => id)).toEqual(ids);
    const before = performance.now();
    await start();
    for (const id of ids) {
      const { attempts } = await scene.until(id, 'delivered');
      expect(attempts).toMatchObject([{ number: 1, outcome: 'delivered' }]);
    }
    expect(performance.now() - before).toBeGreaterThan(500);
    expect(scene.consumer.received).toHaveLength(3);
  });

  it('leaves them to one that has long sent what came later', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null });
    const ids = [await scene.publish(), await scene.publish()];
    const lane = await laneOf(scene);
    await realQueue().claim(0, [{ lane, want: 10 }], { token: 1, seconds: HOUR / 1_000 });
    await sql("UPDATE open_delivery SET due_at = due_at - interval '1 minute' WHERE lane = $1", [lane]);
    const dispatcher = await start();
    for (let i = 0; i < 3; i++) {
      const id = await scene.publish();
      dispatcher.nudge([lane]);
      await scene.until(id, 'delivered');
    }
    expect(scene.consumer.received).toHaveLength(3);
    await sql("UPDATE open_delivery SET lease_until = now() - interval '1 second' WHERE lane = $1", [lane]);
    for (const id of ids) await scene.until(id, 'delivered');
  });

  it('leaves the last attempt of a withdrawn delivery to be ended by housekeeping', async () => {
    const scene = await setScene(world, 'novamed', { clock: null });
    const id = await scene.publish();
    await realQueue().claim(0, [{ lane: await laneOf(scene), want: 1 }], { token: 2, seconds: HOUR / 1_000 });
    await scene.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
    expect((await scene.delivery(id)).status).toBe('sending');
    // What a start on the embedded database does with leases of the process before it.
    await realQueue().voidLeases();
    await endAbandoned(world.app.context.db.pool);
    expect(await scene.delivery(id)).toMatchObject({ status: 'cancelled', reason: 'subscription_deleted' });
  });
});
