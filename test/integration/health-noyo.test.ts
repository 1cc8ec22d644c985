import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { DAY, gate, HOUR, MINUTE, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const at = (ms: number) => new Date(ms).toISOString();
const health = async (scene: Scene) => {
  const { status, unhealthySince } = await scene.subscription();
  return { status, unhealthySince };
};
const ACTIVE = { status: 'active', unhealthySince: null };
const unhealthySince = (ms: number) => ({ status: 'unhealthy', unhealthySince: at(ms) });

/** A subscription that has been unhealthy since `START`; the clock stands `days` later. */
async function unhealthyFor(days: number, options: Parameters<typeof setScene>[2] = {}) {
  const scene = await setScene(world, 'noyo', options);
  const first = await scene.publish();
  await scene.advance({ by: days * DAY });
  expect(await health(scene)).toEqual(unhealthySince(START));
  return { ...scene, first };
}

/** One that failed once and was healed: from then on a success alone has nothing to heal. */
async function healed(options: Parameters<typeof setScene>[2] = {}) {
  const scene = await setScene(world, 'noyo', options);
  const bad = await scene.publish();
  await scene.untilAttempts(bad, 1);
  await scene.services.deliveries.cancel(scene.tenantId, bad);
  scene.consumer.answer(200);
  await scene.until(await scene.publish(), 'delivered');
  expect(await health(scene)).toEqual(ACTIVE);
  return scene;
}

describe('active → unhealthy on a failed attempt → active on a success', () => {
  it('is unhealthy from the first failed attempt, not from the end of the schedule', async () => {
    const scene = await setScene(world, 'noyo');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(unhealthySince(START));
    const { attempts, status } = await scene.delivery(id);
    expect(status).toBe('pending');
    expect(attempts.map((a) => a.subscriptionStatus)).toEqual(['unhealthy']);
  });

  it('keeps its instant through further failures and the end of the schedule', async () => {
    const scene = await unhealthyFor(4);
    expect(await scene.delivery(scene.first)).toMatchObject({ status: 'failed', reason: 'exhausted' });
    await scene.publish();
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(unhealthySince(START));
  });

  it('is active again with the first success, be it a retry, and starts anew with the next failure', async () => {
    const scene = await setScene(world, 'noyo');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(200);
    await scene.advance({ toNext: true });
    expect(await health(scene)).toEqual(ACTIVE);
    expect((await scene.delivery(id)).attempts.map((a) => a.subscriptionStatus)).toEqual([
      'unhealthy',
      'active',
    ]);
    scene.consumer.answer(500);
    await scene.publish();
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(unhealthySince(START + 7_910));
  });

  it('takes 201 for a failure: Noyo says 200', async () => {
    const scene = await setScene(world, 'noyo', { answers: 201 });
    await scene.publish();
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(unhealthySince(START));
  });
});

describe('an event created at or after unhealthySince + 7 d of which an attempt fails', () => {
  it('makes it failed at exactly seven days', async () => {
    const scene = await unhealthyFor(7);
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    expect((await scene.subscription()).status).toBe('failed');
    expect((await scene.delivery(id)).attempts[0]?.subscriptionStatus).toBe('failed');
  });

  it('does not a millisecond before, nor does any retry of that older event', async () => {
    const scene = await unhealthyFor(6);
    await scene.advance({ to: START + 7 * DAY - 1 });
    const old = await scene.publish();
    await scene.advance({ by: 2 * DAY });
    const { attempts } = await scene.delivery(old);
    expect(attempts.filter((a) => Date.parse(a.startedAt) >= START + 7 * DAY).length).toBeGreaterThan(10);
    expect(await health(scene)).toEqual(unhealthySince(START));
  });

  it('leaves it active when that event succeeds', async () => {
    const scene = await unhealthyFor(8);
    scene.consumer.answer(200);
    await scene.publish();
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(ACTIVE);
  });
});

describe('failed: queue paused, everything held, nothing lost, resume lets it flow', () => {
  async function failed() {
    const scene = await unhealthyFor(6, { maxInFlight: 1 });
    await scene.advance({ to: START + 7 * DAY - 1 });
    const waiting = await scene.publish();
    await scene.advance({ by: 1 });
    const last = await scene.publish();
    await scene.advance({ by: 0 });
    expect((await scene.subscription()).status).toBe('failed');
    return { ...scene, waiting, last };
  }

  it('holds the event that failed it, older retries and new events, and sends nothing for a month', async () => {
    const scene = await failed();
    const fresh = await scene.publish();
    for (const id of [scene.waiting, scene.last, fresh])
      expect(await scene.delivery(id)).toMatchObject({ status: 'held', nextAttemptAt: null });
    const sent = scene.consumer.received.length;
    const result = await scene.advance({ by: 30 * DAY });
    expect(result).toMatchObject({ attempts: 0, pending: 0 });
    expect(scene.consumer.received).toHaveLength(sent);
    expect((await scene.subscription()).status).toBe('failed');
  });

  it('resume sends all of it in order of creation, each once', async () => {
    const scene = await failed();
    const fresh = [await scene.publish(), await scene.publish(), await scene.publish()];
    const sent = scene.consumer.received.length;
    scene.consumer.answer(200);
    const resumed = await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    expect(resumed).toMatchObject(ACTIVE);
    const result = await scene.advance({ untilIdle: true });
    expect(result).toMatchObject({ attempts: 5, delivered: 5, failed: 0, pending: 0 });
    const order = [scene.waiting, scene.last, ...fresh];
    const eventIds = await Promise.all(order.map(async (id) => (await scene.delivery(id)).providerEventId));
    const came = scene.consumer.received.slice(sent).map((r) => JSON.parse(r.body.toString()).event.id);
    expect(came).toEqual(eventIds);
  });

  it('resume lets what fails again go on with its schedule, unhealthy from then on', async () => {
    const scene = await failed();
    await scene.advance({ by: DAY });
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(unhealthySince(START + 8 * DAY));
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(scene.last)).toMatchObject({ status: 'failed', attemptCount: 16 });
  });

  it('records what was in flight when it failed, and changes nothing by it', async () => {
    const scene = await unhealthyFor(7);
    const gates = [gate(), gate(), gate()];
    scene.consumer.answer((_, index) => gates[index - 16]!.answer());
    const [deciding, good, bad] = [await scene.publish(), await scene.publish(), await scene.publish()];
    await scene.consumer.got(19);
    gates[0]!.open(503);
    await scene.untilAttempts(deciding, 1);
    expect((await scene.subscription()).status).toBe('failed');
    gates[1]!.open(200);
    gates[2]!.open(503);
    expect((await scene.until(good, 'delivered')).attempts).toMatchObject([
      { outcome: 'delivered', subscriptionStatus: 'failed' },
    ]);
    expect((await scene.untilAttempts(bad, 1)).attempts).toMatchObject([
      { outcome: 'retry', subscriptionStatus: 'failed' },
    ]);
    expect((await scene.delivery(bad)).status).toBe('held');
    expect((await scene.subscription()).status).toBe('failed');
  });
});

describe('order', () => {
  it('later events go out while earlier ones wait for their retry', async () => {
    const scene = await setScene(world, 'noyo');
    scene.consumer.answer((_, index) => (index === 0 ? 503 : 200));
    const early = await scene.publish();
    await scene.advance({ by: SECOND });
    const late = await scene.publish();
    await scene.advance({ by: 0 });
    expect((await scene.delivery(early)).status).toBe('pending');
    expect((await scene.delivery(late)).status).toBe('delivered');
  });

  /** Two events on the system clock; the first is still waiting for its answer when the second has its own. */
  async function overlapping(second: number) {
    const scene = await healed({ clock: null });
    const slow = gate();
    scene.consumer.answer((_, index) => (index === 2 ? slow.answer() : second));
    const first = await scene.publish();
    await scene.consumer.got(3);
    const quick = await scene.publish();
    await scene.untilAttempts(quick, 1);
    return { scene, slow, first };
  }

  it('a success that started before the last failure does not heal', async () => {
    const { scene, slow, first } = await overlapping(503);
    const before = await health(scene);
    expect(before.status).toBe('unhealthy');
    slow.open(200);
    await scene.until(first, 'delivered');
    expect(await health(scene)).toEqual(before);
  });

  it('a failure that started before the last success does not make it unhealthy', async () => {
    const { scene, slow, first } = await overlapping(200);
    slow.open(503);
    await scene.untilAttempts(first, 1);
    expect(await health(scene)).toEqual(ACTIVE);
  });

  it('a failure that started before the first one told moves unhealthySince back', async () => {
    const { scene, slow, first } = await overlapping(503);
    slow.open(503);
    const { attempts } = await scene.untilAttempts(first, 1);
    expect(await health(scene)).toEqual(unhealthySince(Date.parse(attempts[0]!.startedAt)));
  });

  it('goes by delivery within one instant of a clock that stands, whichever answer comes first', async () => {
    const scene = await healed();
    const gates = Array.from({ length: 4 }, gate);
    scene.consumer.answer((_, index) => gates[index - 2]!.answer());
    const ids: string[] = [];
    for (const [i] of gates.entries()) {
      ids.push(await scene.publish());
      await scene.consumer.got(i + 3);
    }
    // Failure, success, failure, success: active in that order, unhealthy in the order of the answers.
    gates[3]!.open(200);
    gates[2]!.open(503);
    gates[1]!.open(200);
    gates[0]!.open(503);
    await scene.advance({ by: 0 });
    expect(await health(scene)).toEqual(ACTIVE);
    const records = await Promise.all(ids.map(async (id) => (await scene.delivery(id)).attempts[0]!));
    expect(records.map((a) => a.subscriptionStatus)).toEqual(['unhealthy', 'active', 'unhealthy', 'active']);
  });
});

describe('what is not the endpoint’s', () => {
  it('a resend whose body is past its retention leaves health alone', async () => {
    const { tenantId, ...scene } = await setScene(world, 'noyo', { answers: 200 });
    await scene.services.tenants.update(tenantId, { retention: HOUR });
    const id = await scene.publish();
    await scene.advance({ by: 2 * HOUR });
    await scene.services.deliveries.resend(tenantId, id).catch(() => {});
    await scene.advance({ by: MINUTE });
    expect(await health({ ...scene, tenantId })).toEqual(ACTIVE);
    expect(scene.consumer.received).toHaveLength(1);
  });

  it('a delivery that we cannot prepare ends visibly after five claims, and leaves health alone', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const noyo = world.app.context.registry.get('noyo');
    const { request } = noyo;
    Object.assign(noyo, {
      request: () => {
        throw new Error('a bug in a profile');
      },
    });
    try {
      const id = await scene.publish();
      await eventually(async () => expect((await scene.delivery(id)).status).toBe('failed'));
      expect(await scene.delivery(id)).toMatchObject({ reason: 'unsendable', attemptCount: 1 });
    } finally {
      Object.assign(noyo, { request });
    }
    expect(await health(scene)).toEqual(ACTIVE);
    const next = await scene.publish();
    await scene.until(next, 'delivered');
  });
});
