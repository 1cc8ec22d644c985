import { describe, expect, it } from 'vitest';
import type { ScheduleInput } from '../../src/services/schemas/plans.js';
import { eventually } from '../support/eventually.js';
import { bare, DAY, HOUR, MINUTE, refusalOf, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const HOURLY = { cron: '0 * * * *', provider: 'healthsync', type: 'document.uploaded' };

const plan = (scene: Scene, input: Partial<ScheduleInput> = {}) =>
  scene.services.schedules.add(scene.tenantId, { ...HOURLY, ...input });

/** When the tenant's events were made, milliseconds after `from`, oldest first. */
async function published(scene: Scene, from = START): Promise<number[]> {
  const { data } = await scene.services.history.events(scene.tenantId, { limit: 200 });
  return data.map(({ createdAt }) => Date.parse(createdAt) - from).reverse();
}

const hours = (...all: number[]) => all.map((n) => n * HOUR);

describe('a schedule on a clock that stands', () => {
  it('comes at each of its instants, in order, when the clock is advanced', async () => {
    const scene = await setScene(world, 'healthsync');
    const stood: number[] = [];
    scene.consumer.answer(async () => {
      stood.push((await scene.now()) - START);
      return 200;
    });
    const made = await plan(scene, { data: { data: { object: { filename: 'hourly.pdf' } } } });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^sch_/),
      cron: '0 * * * *',
      nextAt: new Date(START + HOUR).toISOString(),
      refused: null,
      createdAt: new Date(START).toISOString(),
    });
    expect(await scene.advance({ by: 5 * HOUR + MINUTE })).toMatchObject({ attempts: 5, delivered: 5 });
    expect(stood).toEqual(hours(1, 2, 3, 4, 5));
    expect(await published(scene)).toEqual(hours(1, 2, 3, 4, 5));
    const bodies = scene.consumer.received.map(({ body }) => JSON.parse(body.toString()));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(5);
    for (const { data } of bodies) expect(data.object.filename).toBe('hourly.pdf');
    const { schedules } = scene.services;
    expect(await schedules.read(scene.tenantId, bare(made.id))).toEqual({
      ...made,
      nextAt: new Date(START + 6 * HOUR).toISOString(),
    });
  });

  it('does not keep untilIdle going, and comes while something else does', async () => {
    const scene = await setScene(world, 'healthsync');
    await plan(scene, { cron: '*/30 * * * *' });
    expect(await scene.advance({ untilIdle: true })).toMatchObject({
      to: new Date(START).toISOString(),
      attempts: 0,
    });
    scene.consumer.answer(({ body }) => (body.includes('late.pdf') ? 503 : 200));
    await scene.publish({ data: { data: { object: { filename: 'late.pdf' } } } });
    // Retries at 1, 6, 36 and 96 minutes.
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 8, delivered: 3, failed: 1 });
    expect(await scene.now()).toBe(START + 96 * MINUTE);
    expect(await published(scene)).toEqual([0, 30 * MINUTE, 60 * MINUTE, 90 * MINUTE]);
  });

  it('does not keep untilIdle going by what it sends to an endpoint that always fails', async () => {
    const scene = await setScene(world, 'healthsync');
    await plan(scene, { cron: '*/30 * * * *' });
    const asked = await scene.publish();
    // Retries at 1, 6, 36 and 96 minutes; the schedule’s own of 30, 60 and 90 minutes are not waited for.
    expect(await scene.advance({ untilIdle: true })).toMatchObject({
      to: new Date(START + 96 * MINUTE).toISOString(),
      failed: 1,
      pending: 3,
    });
    expect((await scene.delivery(asked)).status).toBe('failed');
    // What was there before the next one began is waited for: the last of it ends 96 minutes after 90.
    expect(await scene.advance({ untilIdle: true })).toMatchObject({
      to: new Date(START + 186 * MINUTE).toISOString(),
    });
    expect((await scene.services.clock.read(scene.tenantId)).running).toBe(false);
  });

  it('is the next instant for toNext, and shown as nextDueAt', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    await plan(scene, { cron: '15 10 * * *' });
    const at = new Date(START + 10 * HOUR + 15 * MINUTE).toISOString();
    expect((await scene.services.clock.read(scene.tenantId)).nextDueAt).toBe(at);
    expect(await scene.advance({ toNext: true })).toMatchObject({ to: at, delivered: 1 });
  });

  it('several at one instant all come there', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    await plan(scene);
    await plan(scene, { cron: '0 */2 * * *', type: 'user.updated' });
    expect(await scene.advance({ to: START + 2 * HOUR })).toMatchObject({ delivered: 3 });
    expect(await published(scene)).toEqual(hours(1, 2, 2));
  });

  it('what a clock put forward has passed comes once', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const { id } = await plan(scene);
    const now = START + 10 * HOUR + MINUTE;
    await scene.services.clock.put(scene.tenantId, { mode: 'manual', now });
    await scene.consumer.got(1);
    await eventually(async () =>
      expect((await scene.services.schedules.read(scene.tenantId, bare(id))).nextAt).toBe(
        new Date(START + 11 * HOUR).toISOString(),
      ),
    );
    await scene.advance({ by: HOUR });
    expect(await published(scene)).toEqual([10 * HOUR + MINUTE, 11 * HOUR]);
  });

  it('follows a clock that is set back, on the hours that it names', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const { clock, schedules } = scene.services;
    const { id } = await plan(scene, { cron: '0 9 * * *' });
    await clock.put(scene.tenantId, { mode: 'manual', now: START - 30 * DAY });
    expect((await schedules.read(scene.tenantId, bare(id))).nextAt).toBe(
      new Date(START - 30 * DAY + 9 * HOUR).toISOString(),
    );
    await scene.advance({ to: START });
    expect(scene.consumer.received).toHaveLength(30);
    // Back to a clock that is behind, once there are events.
    await clock.put(scene.tenantId, { mode: 'manual', now: Date.now() + 400 * DAY });
    await clock.put(scene.tenantId, { mode: 'system' });
    const { nextAt } = await schedules.read(scene.tenantId, bare(id));
    expect(nextAt).toMatch(/T09:00:00\.000Z$/);
    expect(Date.parse(nextAt!) - Date.now()).toBeLessThanOrEqual(DAY);
  });

  it('is published by an advance as long as it is there, to the one subscription it names', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const other = await setScene(world, 'healthsync', { answers: 200, tenantId: scene.tenantId });
    const { id } = await plan(scene, { subscriptionId: `sub_${scene.subscriptionId}` });
    await scene.advance({ by: 2 * HOUR });
    expect([scene.consumer.received.length, other.consumer.received.length]).toEqual([2, 0]);
    const { schedules } = scene.services;
    await schedules.remove(scene.tenantId, bare(id));
    expect(await refusalOf(schedules.remove(scene.tenantId, bare(id)))).toBe('not_found');
    expect(await scene.advance({ by: DAY })).toMatchObject({ attempts: 0 });
  });

  it('says why a turn could not be published, and comes again', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const { schedules, subscriptions } = scene.services;
    const { id } = await plan(scene, { subscriptionId: `sub_${scene.subscriptionId}` });
    await subscriptions.remove(scene.tenantId, scene.subscriptionId);
    await scene.advance({ by: HOUR });
    expect(await schedules.read(scene.tenantId, bare(id))).toMatchObject({
      refused: expect.stringContaining('There is no subscription'),
      nextAt: new Date(START + 2 * HOUR).toISOString(),
    });
  });
});

describe('a schedule on a clock that runs', () => {
  it('comes by itself on the system’s clock', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200, clock: null });
    const { id } = await plan(scene, { cron: '* * * * * *' });
    await scene.consumer.got(2);
    await scene.services.schedules.remove(scene.tenantId, bare(id));
    const at = await published(scene, 0);
    // Never before its second, and never twice for one.
    const seconds = at.map((ms) => Math.floor(ms / SECOND));
    expect(new Set(seconds).size).toBe(seconds.length);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('and on a scaled one', async () => {
    const scene = await setScene(world, 'healthsync', {
      answers: 200,
      clock: { mode: 'scaled', rate: 3_600, now: START },
    });
    const { id } = await plan(scene);
    await scene.consumer.got(2);
    await scene.services.schedules.remove(scene.tenantId, bare(id));
    const at = await published(scene);
    expect(at[0]).toBeGreaterThanOrEqual(HOUR);
    expect(at[1]).toBeGreaterThanOrEqual(2 * HOUR);
  });
});

describe('what is refused', () => {
  it('is said before anything is planned', async () => {
    const scene = await setScene(world, 'healthsync');
    const { schedules } = scene.services;
    const add = (input: Partial<ScheduleInput>) =>
      refusalOf(
        plan(scene, input).catch((error) => {
          throw error.name === 'BodyError' ? { code: 'invalid_data' } : error;
        }),
      );
    expect(await add({ provider: 'nobody' })).toBe('unknown_provider');
    expect(await add({ type: 'document.lost' })).toBe('unknown_event');
    expect(await add({ data: { type: 'document.deleted' } })).toBe('invalid_data');
    expect(await add({ subscriptionId: 'sub_nobody' })).toBe('not_found');
    expect(await add({ environment: 'nowhere' })).toBe('environment_refused');
    expect((await schedules.list(scene.tenantId, { limit: 10 })).data).toEqual([]);
  });
});
