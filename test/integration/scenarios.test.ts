import { describe, expect, it } from 'vitest';
import type { ScenarioRun } from '../../src/services/schemas/plans.js';
import type { Received } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import { bare, DAY, HOUR, MINUTE, refusalOf, type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const LIVES = [
  ['noyo', 'enrolment'],
  ['healthsherpa', 'enrolment'],
  ['healthsherpa', 'enrolmentOnExchange'],
  ['voyado', 'contact'],
  ['novamed', 'order'],
  ['novamed', 'sandboxOrder'],
  ['healthsync', 'document'],
] as const;

const start = (scene: Scene, provider: string, name: string, seed: string | number = 7) =>
  scene.services.scenarios.start(scene.tenantId, { provider, name, seed });

const instants = ({ steps }: ScenarioRun) => steps.map(({ at }) => Date.parse(at!));

/** Each request with the instant where its tenant's clock stood when it came. */
function watched(scene: Scene): { at: number; request: Received }[] {
  const seen: { at: number; request: Received }[] = [];
  scene.consumer.answer(async (request) => {
    seen.push({ at: await scene.now(), request });
    return 200;
  });
  return seen;
}

describe.each(LIVES)('%s %s', (provider, name) => {
  it('is walked from end to end by an advance, each step at its instant and delivered there', async () => {
    const scene = await setScene(world, provider);
    const seen = watched(scene);
    const run = await start(scene, provider, name);
    const at = instants(run);
    expect(at[0]).toBe(START);
    expect(at.length).toBeGreaterThan(3);
    const result = await scene.advance({ by: at.at(-1)! - START });
    expect(result).toMatchObject({ attempts: at.length, delivered: at.length, pending: 0 });
    expect(seen.map((one) => one.at)).toEqual(at);
    const { data } = await scene.services.history.events(scene.tenantId, { limit: 200 });
    expect(data.map(({ type }) => type).reverse()).toEqual(run.steps.map(({ type }) => type));
    expect(data.map(({ createdAt }) => Date.parse(createdAt)).reverse()).toEqual(at);
    expect(await refusalOf(scene.services.scenarios.read(scene.tenantId, bare(run.id)))).toBe('not_found');
  });

  it('sends the same bytes with the same gaps for the same seed, and others for another', async () => {
    const told = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const scene = await setScene(world, provider);
        const seen = watched(scene);
        const run = await start(scene, provider, name, seed);
        await scene.advance({ untilIdle: true });
        return { steps: run.steps, sent: seen.map(({ at, request }) => [at, request.body.toString()]) };
      }),
    );
    expect(told[0]!.sent.length).toBe(told[0]!.steps.length);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]!.sent).not.toEqual(told[0]!.sent);
  });
});

describe('a scenario', () => {
  it('publishes its first step at once on a clock that stands, and tells what is to come', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const run = await start(scene, 'noyo', 'enrolment');
    expect(await scene.advance({ by: 0 })).toMatchObject({ attempts: 1, delivered: 1 });
    const { scenarios, clock } = scene.services;
    const left = await scenarios.read(scene.tenantId, bare(run.id));
    expect(left).toEqual({ ...run, steps: run.steps.slice(1) });
    expect(await scenarios.list(scene.tenantId, { limit: 10 })).toEqual({ data: [left], nextCursor: null });
    expect((await clock.read(scene.tenantId)).nextDueAt).toBe(run.steps[1]!.at);
    expect(await scene.advance({ toNext: true })).toMatchObject({ to: run.steps[1]!.at });
  });

  it('goes on while deliveries of its earlier steps are still being retried', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 503 });
    const run = await start(scene, 'healthsync', 'document');
    await scene.advance({ untilIdle: true });
    const { data } = await scene.services.history.events(scene.tenantId, { limit: 200 });
    expect(data.map(({ createdAt }) => createdAt).reverse()).toEqual(run.steps.map(({ at }) => at));
    expect(scene.consumer.received).toHaveLength(5 * run.steps.length);
  });

  it('can be broken off, and takes what is laid over all of its steps', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200 });
    const clinic = 'b5f4a1de-0000-4000-8000-000000000001';
    const { scenarios } = scene.services;
    const run = await scenarios.start(scene.tenantId, {
      provider: 'novamed',
      name: 'order',
      seed: 'x',
      data: { clinic_id: clinic },
    });
    await scene.advance({ toNext: true });
    await scenarios.stop(scene.tenantId, bare(run.id));
    expect(await refusalOf(scenarios.stop(scene.tenantId, bare(run.id)))).toBe('not_found');
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ attempts: 0 });
    const clinics = scene.consumer.received.map(({ body }) => JSON.parse(body.toString()).clinic_id);
    expect(clinics).toEqual([clinic, clinic]);
  });

  it('is refused before anything is published when any of its steps would be', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const { scenarios, history } = scene.services;
    const begin = (more: object) =>
      refusalOf(
        scenarios.start(scene.tenantId, { provider: 'noyo', name: 'enrolment', ...more }).catch((error) => {
          throw error.name === 'BodyError' ? { code: 'invalid_data' } : error;
        }),
      );
    expect(await begin({ provider: 'nojo' })).toBe('unknown_provider');
    expect(await begin({ name: 'enrollment' })).toBe('unknown_scenario');
    expect(await begin({ environment: 'sandbox' })).toBe('environment_refused');
    expect(await begin({ subscriptionId: 'sub_nobody' })).toBe('not_found');
    expect(await begin({ data: { data: { status: 'lost' } } })).toBe('invalid_data');
    expect((await history.events(scene.tenantId, { limit: 1 })).data).toEqual([]);
    expect((await scenarios.list(scene.tenantId, { limit: 1 })).data).toEqual([]);
  });

  it('keeps a step that became impossible, with the reason, and tells the others', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200 });
    const { scenarios, settings } = scene.services;
    const run = await start(scene, 'novamed', 'order');
    await scene.advance({ toNext: true });
    await settings.put(scene.tenantId, 'novamed', { settings: { generation: '2026-01' } });
    await scene.advance({ toNext: true });
    await settings.put(scene.tenantId, 'novamed', {});
    await scene.advance({ untilIdle: true });
    expect(scene.consumer.received).toHaveLength(run.steps.length - 1);
    const { steps } = await scenarios.read(scene.tenantId, bare(run.id));
    expect(steps).toEqual([
      { ...run.steps[2], at: null, refused: expect.stringContaining('Unknown event "order:created"') },
    ]);
    await scenarios.stop(scene.tenantId, bare(run.id));
  });

  it('makes up a seed that repeats it', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200 });
    const { scenarios } = scene.services;
    const first = await scenarios.start(scene.tenantId, { provider: 'voyado', name: 'contact' });
    const again = await start(scene, 'voyado', 'contact', first.seed);
    expect(first.seed).toMatch(/^\w{8}$/);
    expect(again.steps).toEqual(first.steps);
    expect(again.id).not.toBe(first.id);
  });

  it('started during an advance begins where the clock stands, and is part of it', async () => {
    const scene = await setScene(world, 'healthsync');
    let run: ScenarioRun | undefined;
    await scene.publish();
    await scene.advance({ by: 0 });
    scene.consumer.answer(async (_, index) => {
      if (index === 1) run = await start(scene, 'healthsync', 'document');
      return 200;
    });
    await scene.advance({ untilIdle: true });
    const at = instants(run!);
    expect(at[0]).toBe(START + MINUTE);
    expect(await scene.now()).toBe(at.at(-1));
    expect(scene.consumer.received).toHaveLength(2 + at.length);
  });

  it('comes by itself on a clock that runs', async () => {
    const scene = await setScene(world, 'healthsync', {
      answers: 200,
      clock: { mode: 'scaled', rate: 1_000_000, now: START },
    });
    const run = await start(scene, 'healthsync', 'document');
    await scene.consumer.got(run.steps.length);
    const { data } = await scene.services.history.events(scene.tenantId, { limit: 200 });
    const told = data.map(({ type }) => type).reverse();
    expect(told).toEqual(run.steps.map(({ type }) => type));
    for (const [i, { createdAt }] of data.reverse().entries())
      expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(instants(run)[i]!);
  });

  it('keeps its gaps when the clock goes back to the system’s, and is gone after a reset', async () => {
    const from = Date.now() + 10 * DAY;
    const scene = await setScene(world, 'noyo', { answers: 200, clock: { mode: 'manual', now: from } });
    const { clock, scenarios, reset } = scene.services;
    const run = await start(scene, 'noyo', 'enrolment');
    const { shiftedMs } = await clock.put(scene.tenantId, { mode: 'system' });
    expect(-shiftedMs!).toBeGreaterThan(9 * DAY);
    const left = await scenarios.read(scene.tenantId, bare(run.id));
    expect(instants(left)).toEqual(
      instants(run)
        .slice(1)
        .map((at) => at + shiftedMs!),
    );
    await reset.reset(scene.tenantId);
    expect((await scenarios.list(scene.tenantId, { limit: 1 })).data).toEqual([]);
  });

  it('publishes all that a clock put forward has passed, in order', async () => {
    const scene = await setScene(world, 'healthsherpa', { answers: 200 });
    const run = await start(scene, 'healthsherpa', 'enrolment');
    await scene.services.clock.put(scene.tenantId, { mode: 'manual', now: START + 300 * DAY });
    await eventually(async () => {
      const { data } = await scene.services.history.events(scene.tenantId, { limit: 200 });
      expect(data.map(({ type }) => type).reverse()).toEqual(run.steps.map(({ type }) => type));
    });
    await scene.advance({ by: HOUR });
    expect(scene.consumer.received).toHaveLength(run.steps.length);
  });
});
