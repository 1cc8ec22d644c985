import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.js';
import { Clocks, type ClocksOptions } from '../../src/engine/clocks.js';
import type { Dispatcher } from '../../src/engine/dispatcher.js';
import { silentLog } from '../../src/lib/log.js';
import { adoptRuns, type ClockRun, renewRun, startRun } from '../../src/store/clock-runs.js';
import { killApp } from '../support/dead.js';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { gate, HOUR, MINUTE, type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({
  env: { RINGER_ROLE: 'api', RINGER_SECRET_KEY: randomBytes(32).toString('base64') },
});
const stopping: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

const DOCUMENTED = [0, 60_000, 360_000, 2_160_000, 5_760_000];
const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await world.app.context.db.pool.query<T>(text, values)).rows;

async function startApp(from?: Blob): Promise<App> {
  const config = { ...world.config, role: 'all' as const };
  const app = from ? await createApp({ config, from, log: silentLog }) : await world.another({ config });
  if (from) stopping.push(() => app.stop());
  return app;
}

/** The process is killed; a new one starts once the leases of the old have ended. */
async function replace(app: App): Promise<App> {
  if (world.onServer) {
    killApp(app);
    await sql(`UPDATE open_delivery SET lease_until = now() - interval '1 second' WHERE token IS NOT NULL`);
    await sql(`UPDATE clock_run SET lease_until = now() - interval '1 second' WHERE finished_at IS NULL`);
    return startApp();
  }
  const asItWas = await app.context.db.dump();
  killApp(app);
  return startApp(asItWas);
}

async function run({ tenantId }: Scene, targetMs: number | null): Promise<ClockRun> {
  const { db, ids } = world.app.context;
  return startRun(db.pool, { id: ids.next(), tenantId, fromMs: START, targetMs, sinceId: ids.next() });
}

function clocks(different: Partial<ClocksOptions> = {}): Clocks {
  const made = new Clocks({
    db: world.app.context.db,
    dispatcher: null,
    log: silentLog,
    ids: world.app.context.ids,
    monotonic: world.app.context.wall.monotonic,
    publishDue: async () => {},
    moved() {},
    ended: async () => {},
    ...different,
  });
  stopping.push(() => made.stop());
  return made;
}

async function dispatcher(): Promise<Dispatcher> {
  const made = ownDispatcher(world.app);
  stopping.push(() => made.stop());
  await made.start();
  return made;
}

describe('e', () => {
  it('e: a crash in mid-advance skips nothing: the next process goes on from the instant under way', async () => {
    const first = await startApp();
    const scene = await setScene(world, 'healthsync', { app: first });
    const hanging = gate();
    scene.consumer.answer((_, index) => (index === 2 ? hanging.answer() : 503));
    const id = await scene.publish();
    // Its process dies under it: what it answers, if it does, tells nothing.
    const advance = scene.advance({ untilIdle: true }).catch(() => {});
    await scene.consumer.got(3);
    expect(await scene.now()).toBe(START + 6 * MINUTE);
    const { services } = await replace(first);
    hanging.open(200);
    await advance;
    await eventually(async () => expect((await services.clock.read(scene.tenantId)).running).toBe(false));
    const { status, attempts } = await services.history.delivery(scene.tenantId, id);
    expect(status).toBe('failed');
    expect(attempts!.map((a) => Date.parse(a.startedAt) - START)).toEqual(DOCUMENTED);
    // The third was sent twice under one number: nobody knows what the dead process was told.
    expect(attempts!.map((a) => a.number)).toEqual([1, 2, 3, 4, 5]);
    expect(scene.consumer.received).toHaveLength(6);
    expect(Date.parse((await services.clock.read(scene.tenantId)).now)).toBe(START + 96 * MINUTE);
    expect((await services.clock.advance(scene.tenantId, { by: 0 })).body).toMatchObject({ attempts: 0 });
  });

  it('e: a run has one owner: the lease is the proof of it', async () => {
    const scene = await setScene(world, 'healthsync');
    const mine = await run(scene, null);
    const { pool } = world.app.context.db;
    const renewed = await renewRun(pool, mine);
    expect(renewed).not.toBeNull();
    mine.lease = renewed!;
    expect(await adoptRuns(pool, false, [])).toEqual([]);
    await sql(`UPDATE clock_run SET lease_until = now() - interval '1 second' WHERE tenant_id = $1`, [
      scene.tenantId,
    ]);
    expect(await adoptRuns(pool, false, [mine.id])).toEqual([]);
    const [theirs] = await adoptRuns(pool, false, []);
    expect(theirs).toMatchObject({ id: mine.id, tenantId: scene.tenantId, fromMs: START, targetMs: null });
    expect(await renewRun(pool, mine)).toBeNull();
    expect(await renewRun(pool, theirs!)).not.toBeNull();
  });

  it('e: a process that slept through its lease leaves the clock to the one that took over', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    // It waits: nobody sends yet.
    const slept = clocks().run(await run(scene, null));
    await sql(`UPDATE clock_run SET lease_until = now() - interval '1 second' WHERE tenant_id = $1`, [
      scene.tenantId,
    ]);
    await clocks({ dispatcher: await dispatcher() }).adopt(false);
    await slept;
    await eventually(async () =>
      expect((await scene.services.clock.read(scene.tenantId)).running).toBe(false),
    );
    expect(await scene.offsets(id)).toEqual(DOCUMENTED);
    expect(scene.consumer.received).toHaveLength(5);
  });

  it('e: a lease is renewed while a consumer takes its time', async () => {
    const scene = await setScene(world, 'healthsync');
    const answer = gate();
    scene.consumer.answer(answer.answer);
    await scene.publish();
    const sender = await dispatcher();
    await scene.consumer.got(1);
    const going = clocks({ dispatcher: sender }).run(await run(scene, START));
    const lease = async () =>
      (
        await sql<{ lease_until: Date }>('SELECT lease_until FROM clock_run WHERE tenant_id = $1', [
          scene.tenantId,
        ])
      )[0]!.lease_until;
    const before = await lease();
    await eventually(async () => expect((await lease()).getTime()).toBeGreaterThan(before.getTime()));
    answer.open(200);
    expect(await going).toMatchObject({ fromMs: START, toMs: START });
  });

  it('e: what was published after the last look and before the step still belongs to the instant before it', async () => {
    const scene = await setScene(world, 'healthsync');
    const sender = await dispatcher();
    const { db } = world.app.context;
    await scene.untilAttempts(await scene.publish(), 1);
    const stood: number[] = [];
    scene.consumer.answer(async () => {
      stood.push((await scene.now()) - START);
      return 503;
    });
    let late: string | null = null;
    const racing = {
      ...db,
      transaction: async (...[work, options]: Parameters<typeof db.transaction>) => {
        late ??= await scene.publish();
        return db.transaction(work, options);
      },
    } as typeof db;
    await clocks({ db: racing, dispatcher: sender }).run(await run(scene, START + MINUTE));
    expect(stood).toEqual([0, MINUTE, MINUTE]);
    expect(await scene.offsets(late!)).toEqual([0, MINUTE]);
    expect(await scene.now()).toBe(START + MINUTE);
  });

  it('e: a target that is not known yet survives a crash as well', async () => {
    const scene = await setScene(world, 'healthsync');
    const id = await scene.publish();
    await run(scene, Number.POSITIVE_INFINITY);
    await clocks({ dispatcher: await dispatcher() }).adopt(true);
    await eventually(async () =>
      expect(await scene.services.clock.read(scene.tenantId)).toMatchObject({
        running: false,
        now: '2026-01-01T00:01:00.000Z',
      }),
    );
    expect(await scene.offsets(id)).toEqual([0, 60_000]);
    await sql(`UPDATE clock_run SET finished_at = NULL WHERE tenant_id = $1`, [scene.tenantId]);
    const [kept] = await adoptRuns(world.app.context.db.pool, true, []);
    expect(kept!.targetMs).toBe(START + MINUTE);
    await sql(`UPDATE clock_run SET finished_at = now() WHERE tenant_id = $1`, [scene.tenantId]);
    expect(await scene.now()).toBeLessThan(START + HOUR);
  });
});

describe('what was planned', () => {
  const WHOLE = (run: { steps: { at: string | null; type: string }[] }) =>
    run.steps.map(({ at, type }) => `${at} ${type}`);
  const told = async ({ services }: Pick<Scene, 'services'>, tenantId: string) =>
    (await services.history.events(tenantId, { limit: 200 })).data
      .map(({ createdAt, type }) => `${createdAt} ${type}`)
      .reverse();
  const life = (scene: Scene) =>
    scene.services.scenarios.start(scene.tenantId, { provider: 'healthsync', name: 'document', seed: 3 });

  it('e: a crash in the middle of a scenario skips no step and tells none twice', async () => {
    const first = await startApp();
    const scene = await setScene(world, 'healthsync', { app: first });
    const hanging = gate();
    scene.consumer.answer((_, index) => (index === 2 ? hanging.answer() : 200));
    const run = await life(scene);
    const advance = scene.advance({ untilIdle: true }).catch(() => {});
    await scene.consumer.got(3);
    const { services } = await replace(first);
    hanging.open(200);
    await advance;
    await eventually(async () => expect((await services.clock.read(scene.tenantId)).running).toBe(false));
    expect(await told({ services }, scene.tenantId)).toEqual(WHOLE(run));
    // The third was sent twice: nobody knows what the dead process was told.
    expect(scene.consumer.received).toHaveLength(run.steps.length + 1);
    expect(await services.clock.read(scene.tenantId)).toMatchObject({ now: run.steps.at(-1)!.at });
  });

  it('e: nor does one between the move of the clock and the publish that belongs there', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const steps = await life(scene);
    const sender = await dispatcher();
    const dying = clocks({ dispatcher: sender, publishDue: () => Promise.reject(new Error('dead')) });
    await expect(dying.run(await run(scene, null))).rejects.toThrow('dead');
    // The clock is there already, its step is not told yet.
    expect(await scene.now()).toBe(Date.parse(steps.steps[1]!.at!));
    expect(await told(scene, scene.tenantId)).toEqual(WHOLE(steps).slice(0, 1));
    await sql(`UPDATE clock_run SET lease_until = now() - interval '1 second' WHERE tenant_id = $1`, [
      scene.tenantId,
    ]);
    const { planned } = scene.services;
    await clocks({ dispatcher: sender, publishDue: (id) => planned.publishDue(id) }).adopt(false);
    await eventually(async () =>
      expect((await scene.services.clock.read(scene.tenantId)).running).toBe(false),
    );
    expect(await told(scene, scene.tenantId)).toEqual(WHOLE(steps));
    expect(scene.consumer.received).toHaveLength(steps.steps.length);
  });

  it('e: two processes that publish at once publish each plan once', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const { schedules, planned } = scene.services;
    for (let i = 0; i < 20; i++)
      await schedules.add(scene.tenantId, {
        cron: '0 * * * *',
        provider: 'healthsync',
        type: 'document.uploaded',
      });
    await scene.services.clock.put(scene.tenantId, { mode: 'manual', now: START + HOUR });
    await Promise.all(Array.from({ length: 4 }, () => planned.publishDue(scene.tenantId)));
    expect(await told(scene, scene.tenantId)).toHaveLength(20);
  });

  it('comes once for all the turns it missed while no process was there, and then as planned', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200, clock: null });
    const { id } = await scene.services.schedules.add(scene.tenantId, {
      // Once a year, so that it cannot come while this runs.
      cron: '0 0 29 2 *',
      provider: 'healthsync',
      type: 'document.uploaded',
    });
    await sql(`UPDATE planned_publish SET due_at = now() - interval '5 hours' WHERE tenant_id = $1`, [
      scene.tenantId,
    ]);
    const asItWas = world.onServer ? undefined : await world.app.context.db.dump();
    const { services } = await startApp(asItWas);
    await scene.consumer.got(1);
    await eventually(async () => {
      const { nextAt } = await services.schedules.read(scene.tenantId, id.slice(4));
      expect(Date.parse(nextAt!)).toBeGreaterThan(Date.now());
    });
    expect(await told({ services }, scene.tenantId)).toHaveLength(1);
  });
});
