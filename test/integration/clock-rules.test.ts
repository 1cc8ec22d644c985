import { describe, expect, it } from 'vitest';
import { dropOldAnswers } from '../../src/store/idempotent-answers.js';
import { eventually } from '../support/eventually.js';
import { DAY, gate, HOUR, MINUTE, refusalOf, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await world.app.context.db.pool.query<T>(text, values)).rows;

/** Whether it is still under way after everything that could end it had its turn. */
async function isOpen(work: Promise<unknown>): Promise<boolean> {
  const turns = (async () => {
    for (let i = 0; i < 20; i++) await sql('SELECT 1');
    return 'open';
  })();
  return (await Promise.race([work, turns])) === 'open';
}

describe('a', () => {
  it('a: the lease has a column of its own, on the database’s clock, beside the due instant on the tenant’s', async () => {
    const scene = await setScene(world, 'noyo');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const id = await scene.publish();
    await scene.consumer.got(1);
    const [row] = await sql<{ due_at: Date; left: number; own_clock: boolean }>(
      `SELECT due_at, own_clock, extract(epoch FROM lease_until - now())::float8 AS left FROM open_delivery WHERE id = $1`,
      [id],
    );
    expect(row).toMatchObject({ due_at: new Date(START), own_clock: true });
    // Noyo's 15 s, and 15 s to tell what came of it.
    expect(row!.left).toBeGreaterThan(25);
    expect(row!.left).toBeLessThanOrEqual(30);
    answer.open();
    await scene.until(id, 'delivered');
  });

  it('a: an Idempotency-Key is kept by real time, whatever the tenant’s clock does', async () => {
    const scene = await setScene(world, 'novamed');
    const key = {
      tenantId: scene.tenantId,
      method: 'POST',
      path: '/a',
      key: 'once',
      hash: new Uint8Array([1]),
    };
    const keep = () => ({ status: 201, body: null });
    const { idempotency } = scene.services;
    expect(await idempotency.once(key, async () => 'made', keep)).toEqual({ fresh: 'made' });
    await scene.advance({ by: 30 * DAY });
    await dropOldAnswers(world.app.context.db.pool);
    expect(await idempotency.once(key, async () => 'again', keep)).toMatchObject({ kept: { status: 201 } });
  });
});

describe('b', () => {
  it('b: a publish on a clock that stands makes its first attempt at once, without an advance', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200 });
    const { attempts } = await scene.until(await scene.publish(), 'delivered');
    expect(attempts[0]!.startedAt).toBe('2026-01-01T00:00:00.000Z');
    expect(await scene.now()).toBe(START);
  });

  it('b: so does one on the system clock and on a scaled one', async () => {
    for (const clock of [null, { mode: 'scaled' as const, rate: 60, now: START }]) {
      const scene = await setScene(world, 'voyado', { answers: 200, clock });
      const { attempts, createdAt } = await scene.until(await scene.publish(), 'delivered');
      const waitedMs = Date.parse(attempts[0]!.startedAt) - Date.parse(createdAt);
      expect(waitedMs).toBeGreaterThanOrEqual(0);
      expect(waitedMs).toBeLessThan(60_000);
    }
  });

  it('b: a clock put forward sends everything that is due by then, each attempt at its own instant', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    await scene.services.clock.put(scene.tenantId, { mode: 'manual', now: START + 3 * HOUR });
    await eventually(async () => expect((await scene.delivery(id)).status).toBe('failed'));
    expect(await scene.offsets(id)).toEqual([0, 60_000, 360_000, 2_160_000, 5_760_000]);
    expect(await scene.now()).toBe(START + 3 * HOUR);
  });
});

describe('c', () => {
  it.each([
    { mode: 'manual' as const, now: START },
    { mode: 'scaled' as const, rate: 1_000, now: START },
  ])('c: on a $mode clock an attempt takes no tenant time, however long its answer takes', async (clock) => {
    const scene = await setScene(world, 'noyo', { clock });
    const slow = gate();
    scene.consumer.answer((_, index) => (index === 0 ? slow.answer() : 200));
    const id = await scene.publish();
    await scene.consumer.got(1);
    const before = performance.now();
    await eventually(() => expect(performance.now() - before).toBeGreaterThan(60));
    slow.open(503);
    const { attempts } = await scene.untilAttempts(id, 1);
    const [first] = attempts;
    expect(first!.durationMs).toBeGreaterThanOrEqual(50);
    expect(first!.startedAt).toBe(first!.dueAt);
    expect(Date.parse(first!.nextAttemptAt!) - Date.parse(first!.dueAt)).toBe(7_910);
  });
});

describe('d', () => {
  it('d: by 0 waits for what is due, and moves nothing', async () => {
    const scene = await setScene(world, 'noyo');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    await scene.publish();
    await scene.consumer.got(1);
    const advance = scene.advance({ by: 0 });
    expect(await isOpen(advance)).toBe(true);
    answer.open(200);
    expect(await advance).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
      attempts: 1,
      delivered: 1,
      failed: 0,
      pending: 0,
    });
  });

  it('d: steps to each due instant in order, and ends on the target', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const other = await setScene(world, 'healthsync', { tenantId: scene.tenantId });
    const stood: number[] = [];
    for (const { consumer } of [scene, other]) {
      consumer.answer(async () => {
        stood.push((await scene.now()) - START);
        return 500;
      });
    }
    await scene.publish();
    await other.publish();
    await scene.advance({ by: HOUR + MINUTE });
    const s = SECOND;
    expect(stood).toEqual([0, 0, 20 * s, 60 * s, 360 * s, 600 * s, 2160 * s, 3600 * s]);
    expect(await scene.now()).toBe(START + HOUR + MINUTE);
  });

  it('d: sends all that is due at an instant together, and waits for all of it', async () => {
    const scene = await setScene(world, 'novamed');
    const other = await setScene(world, 'novamed', { tenantId: scene.tenantId });
    const gates = Array.from({ length: 4 }, gate);
    let index = 0;
    await scene.services.publish.publish(scene.tenantId, { provider: 'novamed', type: 'order:created' });
    await scene.services.publish.publish(scene.tenantId, { provider: 'novamed', type: 'order:created' });
    await scene.advance({ by: 0 });
    for (const { consumer } of [scene, other]) consumer.answer(() => gates[index++]!.answer());
    const advance = scene.advance({ by: MINUTE });
    await eventually(() => expect(index).toBe(4));
    for (const answer of gates.slice(1)) answer.open(200);
    expect(await isOpen(advance)).toBe(true);
    gates[0]!.open(200);
    expect(await advance).toMatchObject({ attempts: 4, delivered: 4 });
  });

  it('d: applies the verdicts of one instant in the order of the deliveries, not of the answers', async () => {
    const scene = await setScene(world, 'noyo', { maxInFlight: 12 });
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push(await scene.publish());
    await scene.advance({ by: 0 });
    const events = await Promise.all(ids.map(async (id) => (await scene.delivery(id)).providerEventId));
    const gates = ids.map(() => gate());
    scene.consumer.answer(({ body }) =>
      gates[events.indexOf(JSON.parse(body.toString()).event.id)]!.answer(),
    );
    const advance = scene.advance({ toNext: true });
    await scene.consumer.got(24);
    // 0 ok, 1 not, 2 ok, ...; the answers come from the last to the first.
    for (const [i, answer] of [...gates.entries()].reverse()) answer.open(i % 2 === 0 ? 200 : 503);
    await advance;
    const told = await Promise.all(
      ids.map(async (id) => (await scene.delivery(id)).attempts[1]!.subscriptionStatus),
    );
    // The first success started after all twelve failures of the instant before.
    expect(told).toEqual(ids.map((_, i) => (i % 2 === 0 ? 'active' : 'unhealthy')));
    expect(await scene.subscription()).toMatchObject({
      status: 'unhealthy',
      unhealthySince: new Date(START + 7_910).toISOString(),
    });
  });

  it('d: toNext waits for what is in flight before it looks for the next instant', async () => {
    const scene = await setScene(world, 'healthsync');
    const answer = gate();
    scene.consumer.answer((_, index) => (index === 0 ? answer.answer() : 503));
    const id = await scene.publish();
    await scene.consumer.got(1);
    const advance = scene.advance({ toNext: true });
    expect(await isOpen(advance)).toBe(true);
    answer.open(503);
    expect(await advance).toMatchObject({ to: '2026-01-01T00:01:00.000Z', pending: 1 });
    expect(await scene.offsets(id)).toEqual([0, 60_000]);
  });

  it('d: toNext stays where it is when nothing waits', async () => {
    const scene = await setScene(world, 'healthsync');
    expect(await scene.advance({ toNext: true })).toMatchObject({
      to: '2026-01-01T00:00:00.000Z',
      attempts: 0,
    });
  });
});

describe('e', () => {
  /** An attempt at `START` + 1 min; while its consumer has the request, `meanwhile` happens. */
  async function during(meanwhile: (scene: Scene) => Promise<unknown>, to = START + MINUTE) {
    const scene = await setScene(world, 'healthsync');
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(async (_, index) => {
      if (index === 1) await meanwhile(scene);
      return 503;
    });
    return { scene, result: await scene.advance({ to }) };
  }

  it('e: what is published during an advance belongs to the instant where the clock stands, and is waited for', async () => {
    let id = '';
    const { scene, result } = await during(async ({ publish }) => {
      id = await publish();
    });
    expect(result).toMatchObject({ attempts: 2, pending: 2 });
    const { createdAt, attempts } = await scene.delivery(id);
    expect(createdAt).toBe('2026-01-01T00:01:00.000Z');
    expect(attempts.map((a) => a.startedAt)).toEqual(['2026-01-01T00:01:00.000Z']);
  });

  it('e: and its retries are part of the advance', async () => {
    let id = '';
    const { scene } = await during(async ({ publish }) => {
      id = await publish();
    }, START + HOUR);
    expect(await scene.offsets(id)).toEqual([60_000, 120_000, 420_000, 2_220_000]);
  });

  it('e: so is what is resent', async () => {
    const other = await setScene(world, 'novamed', { answers: 404 });
    const old = await other.publish();
    await other.advance({ untilIdle: true });
    const scene = await setScene(world, 'healthsync', { tenantId: other.tenantId });
    const from = await scene.now();
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(async (_, index) => {
      if (index === 1) await scene.services.deliveries.resend(scene.tenantId, old);
      return 503;
    });
    expect(await scene.advance({ by: MINUTE })).toMatchObject({ attempts: 2 });
    const { attempts } = await other.delivery(old);
    expect(attempts.at(-1)).toMatchObject({ trigger: 'manual', number: 6 });
    expect(Date.parse(attempts.at(-1)!.startedAt)).toBe(from + MINUTE);
  });

  it('e: so is what is resumed', async () => {
    const other = await setScene(world, 'novamed', { answers: 200 });
    await other.services.subscriptions.pause(other.tenantId, other.subscriptionId);
    const held = await other.publish();
    const scene = await setScene(world, 'healthsync', { tenantId: other.tenantId });
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(async (_, index) => {
      if (index === 1) await scene.services.subscriptions.resume(other.tenantId, other.subscriptionId);
      return 503;
    });
    expect(await scene.advance({ by: MINUTE })).toMatchObject({ attempts: 2, delivered: 1 });
    expect(await other.offsets(held)).toEqual([60_000]);
  });

  it('e: a second advance, a PUT and a reset meanwhile are refused with clock_busy', async () => {
    const scene = await setScene(world, 'noyo');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    await scene.publish();
    await scene.consumer.got(1);
    const advance = scene.advance({ by: 0 });
    const { clock, reset } = scene.services;
    await eventually(async () => expect((await clock.read(scene.tenantId)).running).toBe(true));
    expect(await refusalOf(scene.advance({ by: 0 }))).toBe('clock_busy');
    expect(await refusalOf(clock.put(scene.tenantId, { mode: 'system' }))).toBe('clock_busy');
    expect(await refusalOf(reset.reset(scene.tenantId))).toBe('clock_busy');
    answer.open();
    expect(await advance).toMatchObject({ attempts: 1 });
    expect((await clock.read(scene.tenantId)).running).toBe(false);
    expect(await scene.advance({ by: 0 })).toMatchObject({ attempts: 0 });
  });
});

describe('f', () => {
  it('f: untilIdle ends when nothing is pending or sending; what is held does not count', async () => {
    const scene = await setScene(world, 'novamed');
    const other = await setScene(world, 'healthsync', { tenantId: scene.tenantId });
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    const held = await scene.publish();
    const tried = await other.publish();
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 5, failed: 1, pending: 0 });
    expect((await scene.delivery(held)).status).toBe('held');
    expect((await other.delivery(tried)).status).toBe('failed');
    expect(await scene.now()).toBe(START + 96 * MINUTE);
  });

  it('f: with nothing to do it ends at once where it stands', async () => {
    const scene = await setScene(world, 'novamed');
    expect(await scene.advance({ untilIdle: true })).toMatchObject({
      to: '2026-01-01T00:00:00.000Z',
      attempts: 0,
    });
  });
});
