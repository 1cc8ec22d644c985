import { afterEach, describe, expect, it, vi } from 'vitest';
import { faultInput } from '../../src/services/schemas/faults.js';
import { parseInput } from '../../src/services/schemas/parse.js';
import type { StreamMessage } from '../../src/services/stream.js';
import { eventually } from '../support/eventually.js';
import { bare, DAY, gate, HOUR, MINUTE, refusalOf, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** A clock that stands ten days ahead of the system's. */
async function ahead(provider: string) {
  const from = Math.ceil(Date.now() / 1_000) * 1_000 + 10 * DAY;
  return { from, ...(await setScene(world, provider, { clock: { mode: 'manual', now: from } })) };
}

describe('g', () => {
  it('g: now may be any instant while the tenant has no events', async () => {
    const scene = await setScene(world, 'novamed', { clock: null });
    const { clock } = scene.services;
    for (const now of [START, START - 20 * 365 * DAY, START + 20 * 365 * DAY, START]) {
      const put = await clock.put(scene.tenantId, { mode: 'manual', now });
      expect(put).toMatchObject({
        mode: 'manual',
        now: new Date(now).toISOString(),
        rate: 0,
        running: false,
      });
    }
  });

  it('g: afterwards only forward', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200 });
    await scene.until(await scene.publish(), 'delivered');
    const put = (now: number, mode: 'manual' | 'scaled' = 'manual') =>
      scene.services.clock.put(scene.tenantId, { mode, now, ...(mode === 'scaled' ? { rate: 2 } : {}) });
    expect(await refusalOf(put(START - 1))).toBe('clock_backwards');
    expect(await refusalOf(put(START - 1, 'scaled'))).toBe('clock_backwards');
    expect(await scene.now()).toBe(START);
    await put(START);
    await put(START + HOUR);
    expect(await scene.now()).toBe(START + HOUR);
    expect(await refusalOf(scene.advance({ to: START }))).toBe('clock_backwards');
  });

  it('g: an advance on a system or a scaled clock is clock_not_manual', async () => {
    const scene = await setScene(world, 'novamed', { clock: null });
    expect(await refusalOf(scene.advance({ by: 0 }))).toBe('clock_not_manual');
    await scene.services.clock.put(scene.tenantId, { mode: 'scaled', rate: 2 });
    expect(await refusalOf(scene.advance({ untilIdle: true }))).toBe('clock_not_manual');
  });

  it('g: back to system from a clock that is ahead shifts what is due, unhealthySince and overlaps, and it fires then', async () => {
    const scene = await ahead('voyado');
    const noyo = await setScene(world, 'noyo', { tenantId: scene.tenantId });
    const { secrets, clock } = scene.services;
    const id = await scene.publish();
    await noyo.publish();
    await scene.advance({ by: 4_200 });
    await secrets.rotate(scene.tenantId, noyo.subscriptionId, { overlap: HOUR });
    const before = await clock.read(scene.tenantId);
    const put = await clock.put(scene.tenantId, { mode: 'system' });
    const shiftedMs = put.shiftedMs!;
    expect(-shiftedMs).toBeGreaterThan(10 * DAY - MINUTE);
    expect(-shiftedMs).toBeLessThanOrEqual(10 * DAY + 6 * SECOND);
    expect(Date.parse(put.now) - Date.parse(before.now) - shiftedMs).toBeLessThan(1_000);
    expect(Date.parse(put.nextDueAt!) - Date.parse(before.nextDueAt!)).toBe(shiftedMs);
    expect((await noyo.subscription()).unhealthySince).toBe(new Date(scene.from + shiftedMs).toISOString());
    const { data } = await secrets.list(scene.tenantId, noyo.subscriptionId, { limit: 10 });
    const ends = data.flatMap(({ expiresAt }) => (expiresAt ? [Date.parse(expiresAt)] : []));
    expect(ends).toEqual([scene.from + 4_200 + HOUR + shiftedMs]);
    scene.consumer.answer(200);
    const { attempts } = await scene.until(id, 'delivered');
    expect(Date.parse(attempts[1]!.dueAt)).toBe(scene.from + 5 * SECOND + shiftedMs);
    const lateMs = Date.parse(attempts[1]!.wallStartedAt) - Date.parse(attempts[1]!.dueAt);
    expect(Math.abs(lateMs)).toBeLessThan(1_000);
  });

  it.each([
    ['a clock set to an earlier instant', null, { mode: 'manual', now: START }],
    [
      'a clock of its own, back to system',
      { mode: 'manual', now: Date.now() + 10 * DAY },
      { mode: 'system' },
    ],
  ] as const)('g: secrets and faults move with %s: none ends before it is made', async (_, first, second) => {
    const scene = await setScene(world, 'noyo', { clock: first });
    const { tenantId, subscriptionId } = scene;
    const { secrets, clock, faults } = scene.services;
    await secrets.rotate(tenantId, subscriptionId, { overlap: HOUR });
    await faults.add(tenantId, parseInput(faultInput, { type: 'duplicate', ttl: '1h' }));
    const spans = async () => {
      const now = Date.parse((await clock.read(tenantId)).now);
      const { data } = await secrets.list(tenantId, subscriptionId, { limit: 10 });
      const [fault] = (await faults.list(tenantId, { limit: 10 })).data;
      return {
        ages: data.map(({ createdAt }) => now - Date.parse(createdAt)),
        lives: data.map(
          ({ createdAt, expiresAt }) => expiresAt && Date.parse(expiresAt) - Date.parse(createdAt),
        ),
        faultEndsInMs: Date.parse(fault!.endsAt!) - now,
      };
    };
    const before = await spans();
    await clock.put(tenantId, second);
    const after = await spans();
    expect(after.lives).toEqual(before.lives);
    for (const ageMs of [...after.ages, HOUR - after.faultEndsInMs]) {
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(ageMs).toBeLessThan(HOUR);
    }
  });

  it('g: back to system from as far ahead as a clock goes, with a secret, a fault and a held delivery of today', async () => {
    const scene = await setScene(world, 'noyo', { clock: null });
    const { tenantId, subscriptionId } = scene;
    const { secrets, clock, faults, subscriptions } = scene.services;
    await secrets.rotate(tenantId, subscriptionId, { overlap: HOUR });
    await faults.add(tenantId, parseInput(faultInput, { type: 'duplicate', ttl: '1h' }));
    await subscriptions.pause(tenantId, subscriptionId);
    await scene.publish();
    const order = async () =>
      (await secrets.list(tenantId, subscriptionId, { limit: 10 })).data.map(({ id }) => id);
    const before = await order();
    const last = Date.parse('9998-12-31T23:59:59.999Z');
    await clock.put(tenantId, { mode: 'manual', now: last });
    expect(await refusalOf(clock.advance(tenantId, { by: 1 }))).toBe('invalid_instant');
    const put = await clock.put(tenantId, { mode: 'system' });
    expect(put.shiftedMs).toBeLessThan(-7_900 * 365 * DAY);
    expect(await order()).toEqual(before);
  });

  it.each(['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'])(
    'g: what is published at the last instant of a clock is an event like any other: %s',
    async (provider) => {
      const now = Date.parse('9998-12-31T23:59:59.999Z');
      const scene = await setScene(world, provider, { answers: 200, clock: { mode: 'manual', now } });
      await scene.until(await scene.publish(), 'delivered');
    },
  );

  it('g: back to system from a clock that is behind shifts nothing, and what is due by then goes out', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    scene.consumer.answer(200);
    const put = await scene.services.clock.put(scene.tenantId, { mode: 'system' });
    expect(put).not.toHaveProperty('shiftedMs');
    const { attempts } = await scene.until(id, 'delivered');
    expect(attempts[1]).toMatchObject({ dueAt: '2026-01-01T00:01:00.000Z' });
    expect(Math.abs(Date.parse(attempts[1]!.startedAt) - Date.now())).toBeLessThan(MINUTE);
  });

  it('g: an attempt in flight meanwhile counts as of the clock it ends on', async () => {
    const scene = await ahead('noyo');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const id = await scene.publish();
    await scene.consumer.got(1);
    await scene.services.clock.put(scene.tenantId, { mode: 'system' });
    answer.open(503);
    await scene.untilAttempts(id, 1);
    const { status, unhealthySince } = await scene.subscription();
    expect(status).toBe('unhealthy');
    expect(Date.parse(unhealthySince!)).toBeLessThanOrEqual(Date.now() + SECOND);
    scene.consumer.answer(200);
    await scene.until(await scene.publish(), 'delivered');
    expect((await scene.subscription()).status).toBe('active');
  });

  it('g: a success of the days that were taken back does not hide a failure of today', async () => {
    const scene = await ahead('noyo');
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(200);
    await scene.advance({ untilIdle: true });
    expect((await scene.subscription()).status).toBe('active');
    await scene.services.clock.put(scene.tenantId, { mode: 'system' });
    scene.consumer.answer(503);
    await scene.untilAttempts(await scene.publish(), 1);
    expect((await scene.subscription()).status).toBe('unhealthy');
  });
});

describe('h', () => {
  it('h: on a clock that stands a throttle gives later due instants, in exact windows, and nothing waits', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200, rateLimit: 10 });
    const events = Array.from({ length: 300 }, () => ({ provider: 'voyado', type: 'contact.created' }));
    const { publish, history } = scene.services;
    await publish.batch(scene.tenantId, events);
    const before = performance.now();
    const result = await scene.advance({ untilIdle: true });
    // Real tokens would take half a minute.
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(result).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:00:29.000Z',
      attempts: 300,
      delivered: 300,
      failed: 0,
      pending: 0,
    });
    const perSecond = new Map<number, number>();
    const finished: string[] = [];
    for await (const delivery of history.exportDeliveries(scene.tenantId, {})) {
      const second = (Date.parse(delivery.finishedAt!) - START) / 1_000;
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      finished.unshift(delivery.finishedAt!);
      expect(delivery.attemptCount).toBe(1);
    }
    expect([...perSecond].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => [i, 10]));
    // In order of creation.
    expect(finished).toEqual([...finished].sort());
  });

  it('h: retries keep within it too', async () => {
    const scene = await setScene(world, 'healthsync', { rateLimit: 2 });
    for (let i = 0; i < 5; i++) await scene.publish();
    await scene.advance({ by: HOUR });
    const perSecond = new Map<number, number>();
    for await (const { id } of scene.services.history.exportDeliveries(scene.tenantId, {})) {
      for (const ms of await scene.offsets(bare(id))) {
        const second = Math.floor(ms / 1_000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      }
    }
    expect(Math.max(...perSecond.values())).toBe(2);
    expect([...perSecond.values()].reduce((a, b) => a + b)).toBe(20);
  });
});

describe('i', () => {
  const AT = START + 3 * HOUR + 7;

  it.each([
    ['noyo', (body: { event: { created: number } }) => body.event.created, Math.floor(AT / 1_000)],
    ['novamed', (body: { timestamp: string }) => body.timestamp, '2026-01-01T03:00:00.007Z'],
    ['healthsync', (body: { created_at: string }) => body.created_at, '2026-01-01T03:00:00Z'],
  ] as const)(
    'i: instants in the body of %s are tenant time of the publish, on every attempt',
    async (...row) => {
      const [provider, read, expected] = row;
      const scene = await setScene(world, provider);
      await scene.advance({ to: AT });
      await scene.publish();
      await scene.advance({ by: 10 * MINUTE });
      expect(scene.consumer.received.length).toBeGreaterThan(2);
      for (const { body } of scene.consumer.received)
        expect(read(JSON.parse(body.toString()))).toBe(expected);
    },
  );

  it('i: header timestamps are wall time', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const voyado = await setScene(world, 'voyado', { answers: 200, tenantId: scene.tenantId });
    await scene.publish();
    await voyado.publish();
    await scene.advance({ by: 0 });
    const [noyo] = scene.consumer.received;
    expect(Math.abs(Date.parse(noyo!.headers['x-noyo-timestamp']!) - Date.now())).toBeLessThan(MINUTE);
    const [svix] = voyado.consumer.received;
    expect(Math.abs(Number(svix!.headers['svix-timestamp']) - Date.now() / 1_000)).toBeLessThan(60);
  });

  it('i: with wire virtual they are tenant time of the attempt', async () => {
    const scene = await setScene(world, 'noyo', {
      clock: { mode: 'manual', now: START, wire: 'virtual' },
    });
    const voyado = await setScene(world, 'voyado', { tenantId: scene.tenantId });
    await scene.publish();
    await voyado.publish();
    await scene.advance({ by: 8 * SECOND });
    expect(scene.consumer.received.map(({ headers }) => headers['x-noyo-timestamp']!.slice(0, 23))).toEqual([
      '2026-01-01T00:00:00.000',
      '2026-01-01T00:00:07.910',
    ]);
    expect(voyado.consumer.received.map(({ headers }) => headers['svix-timestamp'])).toEqual([
      `${START / 1_000}`,
      `${START / 1_000 + 5}`,
    ]);
  });
});

describe('k', () => {
  it('k: an advance longer than its wait answers 202 with a runId and goes on, told in the stream', async () => {
    const scene = await setScene(world, 'healthsync');
    const { clock, stream } = scene.services;
    const answer = gate();
    scene.consumer.answer((_, index) => (index === 0 ? answer.answer() : 503));
    const told: StreamMessage[] = [];
    const stop = stream.follow(scene.tenantId, null, (message) => told.push(message));
    const id = await scene.publish();
    await scene.consumer.got(1);
    const accepted = await clock.advance(scene.tenantId, { untilIdle: true, wait: 20 });
    expect(accepted).toEqual({ status: 202, body: { runId: expect.stringMatching(/^run_[0-9a-f-]{36}$/) } });
    expect(await clock.read(scene.tenantId)).toMatchObject({
      running: true,
      now: '2026-01-01T00:00:00.000Z',
    });
    answer.open(503);
    await eventually(async () => expect((await clock.read(scene.tenantId)).running).toBe(false));
    stop();
    expect(await scene.offsets(id)).toEqual([0, 60_000, 360_000, 2_160_000, 5_760_000]);
    const moves = told.filter(({ type }) => type === 'clock.moved').map(({ data }) => data.now);
    expect(moves).toEqual([
      '2026-01-01T00:01:00.000Z',
      '2026-01-01T00:06:00.000Z',
      '2026-01-01T00:36:00.000Z',
      '2026-01-01T01:36:00.000Z',
    ]);
  });

  it('k: a wait beyond what a timer can count is a long wait, not none', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    await scene.publish();
    const { status } = await scene.services.clock.advance(scene.tenantId, { by: HOUR, wait: 365 * DAY });
    expect(status).toBe(200);
  });
});

describe('a test that fakes its own timers', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('does not stop ours', async () => {
    const scene = await setScene(world, 'novamed');
    vi.useFakeTimers();
    await scene.publish();
    const result = await scene.advance({ untilIdle: true });
    expect(result).toMatchObject({ to: '2026-01-01T01:21:00.000Z', failed: 1 });
    expect(scene.consumer.received).toHaveLength(5);
  });
});
