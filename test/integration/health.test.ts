import { describe, expect, it } from 'vitest';
import { bare, DAY, gate, HOUR, MINUTE, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const health = async (scene: Scene) => {
  const { status, failingSince } = await scene.subscription();
  return { status, failingSince: failingSince === null ? null : Date.parse(failingSince) - START };
};

/** One failed attempt at this instant, and no retry of it. */
async function failAt(scene: Scene, ms: number): Promise<string> {
  await scene.advance({ to: START + ms });
  const id = await scene.publish();
  await scene.advance({ by: 0 });
  if ((await scene.delivery(id)).status === 'pending')
    await scene.services.deliveries.cancel(scene.tenantId, id);
  return id;
}

async function succeedAt(scene: Scene, ms: number): Promise<void> {
  await scene.advance({ to: START + ms });
  scene.consumer.answer(200);
  await scene.until(await scene.publish(), 'delivered');
  scene.consumer.answer(503);
}

const ACTIVE = { status: 'active', failingSince: null };
const failingSince = (ms: number) => ({ status: 'active', failingSince: ms });

describe('Voyado: disabled after 5 days of failures', () => {
  it.each([
    [12 * HOUR - 1, false],
    [12 * HOUR, true],
    [24 * HOUR, true],
    [24 * HOUR + 1, false],
  ])('a second failed attempt after %i ms starts the clock: %s', async (gapMs, starts) => {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    expect(await health(scene)).toEqual(ACTIVE);
    await failAt(scene, gapMs);
    expect(await health(scene)).toEqual(starts ? failingSince(gapMs) : ACTIVE);
  });

  it('the attempts of one delivery are enough: the one at 17 h 35 m 5 s starts it', async () => {
    const scene = await setScene(world, 'voyado');
    await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(await health(scene)).toEqual(failingSince(17 * HOUR + 35 * MINUTE + 5 * SECOND));
  });

  it('day 4 no, a millisecond before day 5 no, day 5 yes', async () => {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    await failAt(scene, 12 * HOUR);
    for (const ms of [4 * DAY, 5 * DAY - 1]) {
      await failAt(scene, 12 * HOUR + ms);
      expect(await health(scene)).toEqual(failingSince(12 * HOUR));
    }
    const last = await failAt(scene, 12 * HOUR + 5 * DAY);
    expect((await scene.subscription()).status).toBe('disabled');
    const delivery = await scene.delivery(last);
    expect(delivery).toMatchObject({ status: 'cancelled', reason: 'endpoint_disabled', attemptCount: 1 });
    expect(delivery.attempts[0]).toMatchObject({ outcome: 'retry', subscriptionStatus: 'disabled' });
  });

  it('a success between starts everything anew', async () => {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    await failAt(scene, 12 * HOUR);
    await succeedAt(scene, 3 * DAY);
    expect(await health(scene)).toEqual(ACTIVE);
    await failAt(scene, 6 * DAY);
    expect(await health(scene)).toEqual(ACTIVE);
    await failAt(scene, 6 * DAY + 12 * HOUR);
    expect(await health(scene)).toEqual(failingSince(6 * DAY + 12 * HOUR));
  });

  it('a success between the two that would start it keeps it from starting', async () => {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    await succeedAt(scene, HOUR);
    await failAt(scene, 12 * HOUR);
    expect(await health(scene)).toEqual(ACTIVE);
  });

  async function disabled() {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    await failAt(scene, 12 * HOUR);
    await scene.advance({ to: START + 12 * HOUR + 5 * DAY - MINUTE });
    const waiting = await scene.publish();
    await scene.advance({ by: 10 * SECOND });
    await failAt(scene, 12 * HOUR + 5 * DAY);
    expect((await scene.subscription()).status).toBe('disabled');
    return { ...scene, waiting };
  }

  it('disabled: what waits for a retry is cancelled as endpoint_disabled', async () => {
    const scene = await disabled();
    expect(await scene.delivery(scene.waiting)).toMatchObject({
      status: 'cancelled',
      reason: 'endpoint_disabled',
      attemptCount: 2,
    });
    const sent = scene.consumer.received.length;
    expect(await scene.advance({ by: 3 * DAY })).toMatchObject({ pending: 0 });
    expect(scene.consumer.received).toHaveLength(sent);
  });

  it('disabled: later events are skipped, and found by recover never_attempted', async () => {
    const { services, tenantId, subscriptionId, ...scene } = await disabled();
    const since = await scene.now();
    const skipped = [await scene.publish(), await scene.publish()];
    for (const id of skipped)
      expect(await scene.delivery(id)).toMatchObject({
        status: 'cancelled',
        reason: 'endpoint_disabled',
        attemptCount: 0,
      });
    const sent = scene.consumer.received.length;
    scene.consumer.answer(200);
    expect(await services.subscriptions.resume(tenantId, subscriptionId)).toMatchObject(ACTIVE);
    await scene.advance({ by: HOUR });
    expect(scene.consumer.received).toHaveLength(sent);
    const recovered = await services.deliveries.recover(tenantId, subscriptionId, {
      since,
      status: 'never_attempted',
    });
    expect(recovered.count).toBe(2);
    for (const id of skipped) expect((await scene.until(id, 'delivered')).attempts).toHaveLength(1);
    expect(scene.consumer.received).toHaveLength(sent + 2);
  });

  it('disabled: outcomes of what was in flight are recorded and change nothing', async () => {
    const scene = await setScene(world, 'voyado');
    await failAt(scene, 0);
    await failAt(scene, 12 * HOUR);
    await scene.advance({ to: START + 12 * HOUR + 5 * DAY });
    const gates = [gate(), gate()];
    scene.consumer.answer((_, index) => gates[index - 2]!.answer());
    const deciding = await scene.publish();
    const late = await scene.publish();
    await scene.consumer.got(4);
    gates[0]!.open(503);
    await scene.until(deciding, 'cancelled');
    gates[1]!.open(200);
    await scene.until(late, 'delivered');
    expect((await scene.subscription()).status).toBe('disabled');
  });

  it('svixOss: judged at exhaustion, the clock starts at the first exhausted delivery, 120 h', async () => {
    const scene = await setScene(world, 'voyado', { presets: ['svixOss'] });
    const first = await scene.publish();
    await scene.advance({ by: 17 * HOUR });
    expect(await health(scene)).toEqual(ACTIVE);
    await scene.advance({ untilIdle: true });
    const exhaustedAt = (await scene.offsets(first)).at(-1)!;
    expect(await health(scene)).toEqual(failingSince(exhaustedAt));
    await scene.advance({ to: START + exhaustedAt + 119 * HOUR });
    const second = await scene.publish();
    // Past 120 h, but this one is not out of retries.
    await scene.advance({ by: 20 * HOUR });
    expect((await scene.subscription()).status).toBe('active');
    await scene.advance({ untilIdle: true });
    expect(await scene.delivery(second)).toMatchObject({ status: 'failed', reason: 'exhausted' });
    expect((await scene.subscription()).status).toBe('disabled');
  });
});

describe('HealthSync: only the user turns it off and on', () => {
  it('no number of failures does', async () => {
    const scene = await setScene(world, 'healthsync');
    for (let day = 0; day < 10; day++) await failAt(scene, day * DAY);
    expect((await scene.subscription()).status).toBe('active');
  });

  it('active false cancels pending retries and what is published then; what is in flight ends', async () => {
    const { services, tenantId, subscriptionId, ...scene } = await setScene(world, 'healthsync');
    const pending = await scene.publish();
    await scene.advance({ by: 2 * MINUTE });
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const flying = await scene.publish();
    await scene.consumer.got(3);
    const { subscription } = await services.subscriptions.update(tenantId, subscriptionId, { active: false });
    expect(subscription.status).toBe('disabled');
    expect(await scene.delivery(pending)).toMatchObject({
      status: 'cancelled',
      reason: 'endpoint_disabled',
      attemptCount: 2,
    });
    const skipped = await scene.publish();
    expect(await scene.delivery(skipped)).toMatchObject({ status: 'cancelled', attemptCount: 0 });
    answer.open(503);
    const ended = await scene.until(flying, 'cancelled');
    expect(ended.attempts).toMatchObject([{ outcome: 'failed', reason: 'status_503', nextAttemptAt: null }]);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ pending: 0 });
    expect(scene.consumer.received).toHaveLength(3);
  });

  it('active true: what comes from then on goes out, what was cancelled does not come back', async () => {
    const { services, tenantId, subscriptionId, ...scene } = await setScene(world, 'healthsync', {
      active: false,
      answers: 200,
    });
    const skipped = await scene.publish();
    await services.subscriptions.update(tenantId, subscriptionId, { active: true });
    await scene.until(await scene.publish(), 'delivered');
    expect((await scene.delivery(skipped)).status).toBe('cancelled');
  });
});

describe.each(['novamed', 'healthsherpa'])(
  '%s: nothing an endpoint answers changes the subscription',
  (provider) => {
    it('ten days of failures leave it active, and deliveries failed', async () => {
      const scene = await setScene(world, provider);
      for (let day = 0; day < 10; day++) {
        await scene.publish();
        await scene.advance({ by: DAY });
      }
      expect(await scene.subscription()).toMatchObject({
        status: 'active',
        unhealthySince: null,
        failingSince: null,
      });
      const { data } = await scene.services.history.deliveries(scene.tenantId, { limit: 50 });
      expect(data.map(({ status, reason }) => `${status} ${reason}`)).toEqual(
        new Array(10).fill('failed exhausted'),
      );
      expect(
        (await scene.delivery(bare(data[0]!.id))).attempts.every((a) => a.subscriptionStatus === 'active'),
      ).toBe(true);
    });
  },
);
