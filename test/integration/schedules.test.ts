import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** What the documents say, worked out by hand: milliseconds after the first attempt. */
const DOCUMENTED = {
  // 259,200,000 x (2^k - 1) / 32,767, rounded: fifteen retries over three days, each delay twice the one before.
  noyo: [
    0, 7_910, 23_731, 55_373, 118_656, 245_222, 498_355, 1_004_621, 2_017_151, 4_042_213, 8_092_337,
    16_192_584, 32_393_078, 64_794_067, 129_596_045, 259_200_000,
  ],
  // 20 s, 10 min and 1 h, all after the first.
  healthsherpa: [0, 20_000, 600_000, 3_600_000],
  // 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, each after the one before: the last at 27 h 35 min 5 s.
  voyado: [0, 5_000, 305_000, 2_105_000, 9_305_000, 27_305_000, 63_305_000, 99_305_000],
  // 1, 5, 15 and 60 min: the last at 1 h 21 min.
  novamed: [0, 60_000, 360_000, 1_260_000, 4_860_000],
  // 1, 5, 30 and 60 min: the last at 1 h 36 min.
  healthsync: [0, 60_000, 360_000, 2_160_000, 5_760_000],
} as const;

const PROVIDERS = Object.entries(DOCUMENTED);

const world = useWorld();

describe('an endpoint that always fails', () => {
  it.each(PROVIDERS)('%s: advance untilIdle makes exactly the documented attempts', async (provider, at) => {
    const scene = await setScene(world, provider);
    const id = await scene.publish();
    const result = await scene.advance({ untilIdle: true });
    expect(result).toMatchObject({ delivered: 0, failed: 1, pending: 0 });
    expect(await scene.now()).toBe(START + at.at(-1)!);
    expect(await scene.offsets(id)).toEqual(at);
    expect(scene.consumer.received).toHaveLength(at.length);
    const delivery = await scene.delivery(id);
    expect(delivery).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
      attemptCount: at.length,
      nextAttemptAt: null,
      finishedAt: new Date(START + at.at(-1)!).toISOString(),
    });
    expect(delivery.attempts.map((a) => a.number)).toEqual(at.map((_, i) => i + 1));
    expect(delivery.attempts.map((a) => a.outcome)).toEqual(
      at.map((_, i) => (i < at.length - 1 ? 'retry' : 'failed')),
    );
    expect(delivery.attempts.map((a) => a.nextAttemptAt)).toEqual([
      ...at.slice(1).map((ms) => new Date(START + ms).toISOString()),
      null,
    ]);
    expect(delivery.attempts.every((a) => a.reason === 'status_503' && a.trigger === 'scheduled')).toBe(true);
  });
});

// Side by side: they wait for real time.
describe.concurrent('a clock that runs', () => {
  it('system: makes the retry 5 s after the end of the attempt, by the records and by the wire', async () => {
    const { consumer, ...scene } = await setScene(world, 'voyado', { clock: null });
    consumer.answer((_, index) => (index === 0 ? 500 : 200));
    const id = await scene.publish();
    const [first, second] = (await scene.until(id, 'delivered')).attempts;
    const endMs = Date.parse(first!.startedAt) + first!.durationMs;
    expect(Math.abs(Date.parse(first!.nextAttemptAt!) - (endMs + 5 * SECOND))).toBeLessThanOrEqual(2);
    expect(second!.dueAt).toBe(first!.nextAttemptAt);
    const lateMs = Date.parse(second!.startedAt) - Date.parse(second!.dueAt);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1_000);
    const gapMs = Date.parse(second!.wallStartedAt) - Date.parse(first!.wallStartedAt);
    expect(gapMs).toBeGreaterThanOrEqual(5 * SECOND - 5);
    expect(gapMs).toBeLessThan(7 * SECOND);
  });

  it('system: counts a delay from the end of an attempt that ran into its timeout', async () => {
    const scene = await setScene(world, 'healthsync', { clock: null, settings: { timeoutMs: 400 } });
    scene.consumer.answer(() => new Promise(() => {}));
    const id = await scene.publish();
    const { attempts } = await scene.untilAttempts(id, 1);
    const [first] = attempts;
    expect(first).toMatchObject({ reason: 'timeout', outcome: 'retry', response: null });
    expect(first!.durationMs).toBeGreaterThanOrEqual(400);
    const gapMs = Date.parse(first!.nextAttemptAt!) - Date.parse(first!.startedAt);
    expect(Math.abs(gapMs - (first!.durationMs + MINUTE))).toBeLessThanOrEqual(2);
  });

  it('system: counts HealthSherpa’s from the start of the first attempt, however long one takes and whenever it came', async () => {
    const scene = await setScene(world, 'healthsherpa', { clock: null, settings: { timeoutMs: 400 } });
    scene.consumer.answer(() => new Promise(() => {}));
    const id = await scene.publish();
    const [first] = (await scene.untilAttempts(id, 1)).attempts;
    const from = Date.parse(first!.startedAt);
    expect(Math.abs(Date.parse(first!.nextAttemptAt!) - from - 20 * SECOND)).toBeLessThanOrEqual(2);
    await scene.services.deliveries.retryNow(scene.tenantId, id);
    const [, second] = (await scene.untilAttempts(id, 2)).attempts;
    expect(Date.parse(second!.startedAt) - from).toBeLessThan(20 * SECOND);
    expect(Math.abs(Date.parse(second!.nextAttemptAt!) - from - 10 * MINUTE)).toBeLessThanOrEqual(2);
  });

  it.each([
    ['healthsync', 3_600],
    ['novamed', 3_600],
    ['healthsherpa', 3_600],
    ['voyado', 72_000],
    ['noyo', 172_800],
  ] as const)(
    '%s: the same instants at %i seconds a second, with nobody advancing',
    async (provider, rate) => {
      const scene = await setScene(world, provider, { clock: { mode: 'scaled', rate, now: START } });
      const id = await scene.publish();
      const delivery = await scene.until(id, 'failed');
      const first = Date.parse(delivery.createdAt);
      expect(first - START).toBeLessThan(rate * 10 * SECOND);
      expect(await scene.offsets(id, first)).toEqual(DOCUMENTED[provider]);
      expect(scene.consumer.received).toHaveLength(DOCUMENTED[provider].length);
      expect(await scene.now()).toBeGreaterThanOrEqual(first + DOCUMENTED[provider].at(-1)!);
    },
  );
});

describe('a timeout on a clock that stands', () => {
  it('is real time, and takes none of the tenant’s', async () => {
    const scene = await setScene(world, 'novamed', { settings: { timeoutMs: 150 } });
    scene.consumer.answer(() => new Promise(() => {}));
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { attempts } = await scene.delivery(id);
    expect(attempts.map((a) => a.reason)).toEqual(new Array(5).fill('timeout'));
    expect(attempts.every((a) => a.durationMs >= 150)).toBe(true);
    expect(await scene.offsets(id)).toEqual(DOCUMENTED.novamed);
  });

  it('lets two deliveries of different instants keep schedules of their own', async () => {
    const scene = await setScene(world, 'healthsync');
    const early = await scene.publish();
    await scene.advance({ by: 30 * MINUTE });
    const late = await scene.publish();
    await scene.advance({ untilIdle: true });
    expect(await scene.offsets(early)).toEqual(DOCUMENTED.healthsync);
    expect(await scene.offsets(late, START + 30 * MINUTE)).toEqual(DOCUMENTED.healthsync);
    expect(await scene.now()).toBe(START + 2 * HOUR + 6 * MINUTE);
  });

  it('keeps an anchor of the first attempt over a clock that jumps days ahead', async () => {
    const scene = await setScene(world, 'healthsherpa');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    await scene.advance({ by: 3 * DAY });
    expect(await scene.offsets(id)).toEqual(DOCUMENTED.healthsherpa);
    expect(await scene.now()).toBe(START + 3 * DAY);
  });
});
