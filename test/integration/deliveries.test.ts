import { describe, expect, it } from 'vitest';
import {
  bare,
  gate,
  HOUR,
  MINUTE,
  refusalOf,
  type Scene,
  SECOND,
  START,
  setScene,
} from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const resend = (scene: Scene, id: string) => scene.services.deliveries.resend(scene.tenantId, id);
const retryNow = (scene: Scene, id: string) => scene.services.deliveries.retryNow(scene.tenantId, id);
const cancel = (scene: Scene, id: string) => scene.services.deliveries.cancel(scene.tenantId, id);
const pause = (scene: Scene) => scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);

async function exhausted(provider = 'healthsherpa') {
  const scene = await setScene(world, provider);
  const id = await scene.publish();
  await scene.advance({ untilIdle: true });
  const before = await scene.delivery(id);
  expect(before).toMatchObject({ status: 'failed', reason: 'exhausted' });
  return { ...scene, id, before, sent: scene.consumer.received.length };
}

describe('resend', () => {
  it('is one more attempt, manual, with the same body and id, and makes a failed delivery delivered', async () => {
    const scene = await exhausted('noyo');
    await scene.advance({ by: HOUR });
    scene.consumer.answer(200);
    expect(await resend(scene, scene.id)).toMatchObject({ status: expect.stringMatching(/pending|sending/) });
    const after = await scene.until(scene.id, 'delivered');
    expect(after).toMatchObject({
      reason: null,
      attemptCount: 17,
      providerEventId: scene.before.providerEventId,
    });
    expect(after.finishedAt).toBe(new Date(await scene.now()).toISOString());
    expect(after.attempts.at(-1)).toMatchObject({ number: 17, trigger: 'manual', outcome: 'delivered' });
    const bodies = scene.consumer.received.map(({ body }) => body.toString());
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(17);
  });

  it('that fails changes no status and is never scheduled again', async () => {
    const scene = await exhausted();
    await scene.advance({ by: HOUR });
    await resend(scene, scene.id);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ pending: 0 });
    expect(scene.consumer.received).toHaveLength(scene.sent + 1);
    const after = await scene.delivery(scene.id);
    expect(after).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
      finishedAt: scene.before.finishedAt,
      nextAttemptAt: null,
      attemptCount: 5,
    });
    expect(after.attempts.at(-1)).toMatchObject({
      trigger: 'manual',
      outcome: 'failed',
      nextAttemptAt: null,
    });
  });

  it('of a delivered one that fails leaves it delivered', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200 });
    const id = await scene.publish();
    await scene.until(id, 'delivered');
    scene.consumer.answer(500);
    await resend(scene, id);
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(id)).toMatchObject({ status: 'delivered', reason: null, attemptCount: 2 });
  });

  it('counts for health, either way', async () => {
    const scene = await exhausted('noyo');
    scene.consumer.answer(200);
    await resend(scene, scene.id);
    await scene.until(scene.id, 'delivered');
    expect((await scene.subscription()).status).toBe('active');
    scene.consumer.answer(500);
    await scene.advance({ by: MINUTE });
    await resend(scene, scene.id);
    await scene.untilAttempts(scene.id, 18);
    expect(await scene.subscription()).toMatchObject({
      status: 'unhealthy',
      unhealthySince: new Date(await scene.now()).toISOString(),
    });
  });

  it('is refused while the delivery is open, however often it is asked for at once', async () => {
    const scene = await exhausted();
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const asked = await Promise.all([1, 2, 3].map(() => refusalOf(resend(scene, scene.id))));
    expect(asked.sort()).toEqual(['delivery_not_finished', 'delivery_not_finished', 'was not refused']);
    await scene.consumer.got(scene.sent + 1);
    expect(await refusalOf(resend(scene, scene.id))).toBe('delivery_not_finished');
    const { data } = await scene.services.history.deliveries(scene.tenantId, { limit: 50 });
    expect(data.map((d) => [bare(d.id), d.status])).toEqual([[scene.id, 'sending']]);
    answer.open(200);
    await scene.until(scene.id, 'delivered');
    expect(scene.consumer.received).toHaveLength(scene.sent + 1);
  });

  it('is refused for a subscription that is stopped or gone', async () => {
    const scene = await exhausted();
    await pause(scene);
    expect(await refusalOf(resend(scene, scene.id))).toBe('subscription_stopped');
    await scene.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
    expect(await refusalOf(resend(scene, scene.id))).toBe('not_found');
  });

  it('that was held by a pause can be cancelled: the delivery is what it was', async () => {
    const scene = await exhausted();
    const answer = gate();
    scene.consumer.answer(answer.answer);
    // The lane is full, so the resend waits.
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, { maxInFlight: 1 });
    const blocker = await scene.publish();
    await scene.consumer.got(scene.sent + 1);
    await resend(scene, scene.id);
    await pause(scene);
    expect((await scene.delivery(scene.id)).status).toBe('held');
    expect(await cancel(scene, scene.id)).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
      attemptCount: 4,
    });
    answer.open(200);
    await scene.until(blocker, 'delivered');
  });
});

describe('retry-now', () => {
  it('makes a waiting delivery due now, and the schedule goes on from there', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    await scene.advance({ by: 10 * SECOND });
    await retryNow(scene, id);
    await scene.advance({ untilIdle: true });
    expect(await scene.offsets(id)).toEqual([0, 10_000, 310_000, 2_110_000, 5_710_000]);
    const { attempts } = await scene.delivery(id);
    expect(attempts.map((a) => a.trigger)).toEqual(new Array(5).fill('scheduled'));
  });

  it('leaves later instants alone where they count from the first attempt', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const id = await scene.publish();
    await scene.advance({ by: 5 * SECOND });
    await retryNow(scene, id);
    await scene.advance({ untilIdle: true });
    expect(await scene.offsets(id)).toEqual([0, 5_000, 600_000, 3_600_000]);
  });

  it('past such an instant makes the next one due at once, never before the attempt before it', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    await pause(scene);
    await scene.advance({ by: 2 * HOUR });
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    await scene.advance({ untilIdle: true });
    expect(await scene.offsets(id)).toEqual([0, 2 * HOUR, 2 * HOUR, 2 * HOUR]);
  });

  it('changes nothing of one that is in flight', async () => {
    const scene = await setScene(world, 'healthsync');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const id = await scene.publish();
    await scene.consumer.got(1);
    expect(await retryNow(scene, id)).toMatchObject({ status: 'sending' });
    answer.open(200);
    await scene.until(id, 'delivered');
    expect(scene.consumer.received).toHaveLength(1);
  });

  it('is refused for what is finished or held', async () => {
    const scene = await exhausted();
    expect(await refusalOf(retryNow(scene, scene.id))).toBe('delivery_finished');
    await pause(scene);
    const held = await scene.publish();
    expect(await refusalOf(retryNow(scene, held))).toBe('subscription_stopped');
  });
});

describe('cancel', () => {
  it('ends what waits for a retry: nothing more is sent', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    expect(await cancel(scene, id)).toMatchObject({
      status: 'cancelled',
      reason: 'cancelled',
      attemptCount: 1,
    });
    expect(await scene.advance({ untilIdle: true })).toMatchObject({
      to: new Date(START).toISOString(),
      pending: 0,
    });
    expect(scene.consumer.received).toHaveLength(1);
  });

  it('ends what is held: resume does not send it', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    await pause(scene);
    const [gone, kept] = [await scene.publish(), await scene.publish()];
    expect(await cancel(scene, gone)).toMatchObject({ status: 'cancelled', attemptCount: 0 });
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    await scene.until(kept, 'delivered');
    expect((await scene.delivery(gone)).status).toBe('cancelled');
    expect(scene.consumer.received).toHaveLength(1);
  });

  it('is refused in flight, and that attempt is finished and recorded', async () => {
    const scene = await setScene(world, 'healthsync');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const id = await scene.publish();
    await scene.consumer.got(1);
    expect(await refusalOf(cancel(scene, id))).toBe('conflict');
    await pause(scene);
    expect(await refusalOf(cancel(scene, id))).toBe('conflict');
    answer.open(503);
    await scene.untilAttempts(id, 1);
    expect((await scene.delivery(id)).status).toBe('held');
    expect(await cancel(scene, id)).toMatchObject({ status: 'cancelled', attemptCount: 1 });
    expect(await refusalOf(cancel(scene, id))).toBe('delivery_finished');
  });
});

describe('recover', () => {
  it('resends what failed in the range, by creation, and nothing else', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const ids: string[] = [];
    for (let hour = 0; hour < 5; hour++) {
      scene.consumer.answer(hour === 2 ? 200 : 503);
      ids.push(await scene.publish());
      await scene.advance({ by: 0 });
      scene.consumer.answer(503);
      await scene.advance({ to: START + (hour + 1) * 2 * HOUR });
    }
    scene.consumer.answer(200);
    const range = { since: START + 2 * HOUR, until: START + 8 * HOUR };
    const { runId, count } = await scene.services.deliveries.recover(
      scene.tenantId,
      scene.subscriptionId,
      range,
    );
    expect(runId).toMatch(/^run_/);
    expect(count).toBe(2);
    await scene.advance({ by: 0 });
    const now = await Promise.all(ids.map((id) => scene.delivery(id)));
    expect(now.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
      ['failed', 4],
      ['delivered', 5],
      ['delivered', 1],
      ['delivered', 5],
      ['failed', 4],
    ]);
    const again = await scene.services.deliveries.recover(scene.tenantId, scene.subscriptionId, range);
    expect(again.count).toBe(0);
  });

  it('is refused for a subscription that is stopped', async () => {
    const scene = await setScene(world, 'noyo');
    await pause(scene);
    const recover = scene.services.deliveries.recover(scene.tenantId, scene.subscriptionId, { since: START });
    expect(await refusalOf(recover)).toBe('subscription_stopped');
  });
});

describe('a test event', () => {
  const test = async (scene: Scene) => {
    const { deliveries } = await scene.services.publish.test(scene.tenantId, scene.subscriptionId, {});
    return bare(deliveries[0]!.id);
  };

  it.each(['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'])(
    '%s: one attempt, no retry, no effect on health',
    async (provider) => {
      const scene = await setScene(world, provider);
      const id = await test(scene);
      expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 1, failed: 1, pending: 0 });
      const delivery = await scene.delivery(id);
      expect(delivery).toMatchObject({ status: 'failed', reason: 'status_503', attemptCount: 1 });
      expect(delivery.attempts[0]).toMatchObject({ trigger: 'test', outcome: 'failed', nextAttemptAt: null });
      expect(scene.consumer.received).toHaveLength(1);
      expect(await scene.subscription()).toMatchObject({ status: 'active', unhealthySince: null });
    },
  );

  it('heals nothing either', async () => {
    const scene = await setScene(world, 'noyo');
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(200);
    await scene.until(await test(scene), 'delivered');
    expect((await scene.subscription()).status).toBe('unhealthy');
  });

  it('counts with the preset testAffectsHealth', async () => {
    const scene = await setScene(world, 'noyo', { presets: ['testAffectsHealth'] });
    await test(scene);
    await scene.advance({ by: 0 });
    expect((await scene.subscription()).status).toBe('unhealthy');
  });

  it('is the same when its type is published', async () => {
    const scene = await setScene(world, 'noyo');
    const id = await scene.publish({ type: 'test.hello_world' });
    await scene.advance({ untilIdle: true });
    const delivery = await scene.delivery(id);
    expect(delivery).toMatchObject({ status: 'failed', attemptCount: 1 });
    expect(delivery.attempts[0]!.trigger).toBe('test');
    expect((await scene.subscription()).status).toBe('active');
  });

  it('reaches a subscription that is switched off, and none that is paused', async () => {
    const scene = await setScene(world, 'healthsync', { active: false, answers: 200 });
    await scene.until(await test(scene), 'delivered');
    expect((await scene.subscription()).status).toBe('disabled');
    await pause(scene);
    expect(await refusalOf(test(scene))).toBe('subscription_stopped');
    expect(scene.consumer.received).toHaveLength(1);
  });
});
