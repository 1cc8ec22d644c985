import type { Planner } from '../engine/planner.js';
import { AppError, unknownName } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId, randomText } from '../lib/ids.js';
import { type Json, mergePatch } from '../lib/merge-patch.js';
import { seededRandom } from '../lib/random.js';
import type { Profile } from '../providers/contract.js';
import type { Scenario, ScenarioStep } from '../providers/scenario.js';
import {
  deleteRun,
  insertPlans,
  listRuns,
  type PlannedInput,
  type PlannedStep,
  type PlanOf,
  stepsOf,
} from '../store/plans.js';
import { readTenantClock } from '../store/tenant-clock.js';
import { bodySettings } from './body-settings.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import type { InsideOption } from './idempotency.js';
import { type PlannedService, randomOf } from './planned.js';
import type { PublishService } from './publish.js';
import type { Page, PageOf } from './schemas/fields.js';
import type { ScenarioInput, ScenarioRun } from './schemas/plans.js';

export interface ScenariosService {
  /** Its first step at once, the others at their instants. @throws what publishing any of them would throw, before any is. */
  start(tenantId: string, input: ScenarioInput, more?: InsideOption<ScenarioRun>): Promise<ScenarioRun>;
  /** Those with steps to come. */
  list(tenantId: string, page: Page): Promise<PageOf<ScenarioRun>>;
  read(tenantId: string, id: string): Promise<ScenarioRun>;
  /** What was published stays so. */
  stop(tenantId: string, id: string): Promise<void>;
}

type Step = Pick<PlanOf<PlannedStep>, 'kind' | 'input' | 'dueAtMs' | 'refused' | 'createdAtMs'>;

const SEED_LENGTH = 8;

export function scenariosService(
  context: Context,
  {
    publish,
    planned,
    planner,
  }: { publish: PublishService; planned: PlannedService; planner: Pick<Planner, 'soon'> },
): ScenariosService {
  const { db, ids, random, registry } = context;
  return {
    async start(tenantId, { provider, name, seed: given, ...target }, { inside } = {}) {
      const profile = registry.get(provider);
      const scenario = scenarioOf(profile, name);
      const seed = given === undefined ? randomText(random, SEED_LENGTH) : String(given);
      const runId = ids.next();
      const run = await db.transaction(async (client) => {
        const clock = await readTenantClock(client, tenantId, 'share');
        if (!clock) throw new AppError('not_found', 'There is no such tenant.');
        const { nowMs, mode } = clock;
        const settings = await bodySettings(context, client, tenantId, profile);
        const told = scenario.steps({
          random: seededRandom(`${profile.id} ${name} ${seed}`),
          startMs: nowMs,
          settings,
        });
        const made = told.map(({ afterMs, ...event }, step) => ({
          id: ids.next(),
          kind: { runId, scenario: name, seed, step },
          input: inputOf(profile, event, target),
          dueAtMs: nowMs + afterMs,
          refused: null,
          createdAtMs: nowMs,
        }));
        await publish.rehearse(
          client,
          tenantId,
          made.map(({ kind, input, dueAtMs }) => ({
            input,
            random: randomOf(provider, kind),
            atMs: dueAtMs,
          })),
        );
        await insertPlans(client, { tenantId, ownClock: mode !== 'system', nowMs }, made);
        const resource = runResource(runId, made);
        await inside?.(client, resource);
        return resource;
      });
      await planned.publishDue(tenantId);
      planner.soon();
      return run;
    },
    list: (tenantId, page) =>
      readPage('scn', page, {
        async read(at) {
          const runIds = await listRuns(db.pool, tenantId, at);
          const steps = await stepsOf(db.pool, tenantId, runIds);
          return runIds.map((id) => ({ id, steps: steps.filter(({ kind }) => kind.runId === id) }));
        },
        show: ({ id, steps }) => runResource(id, steps),
      }),
    async read(tenantId, id) {
      const steps = await stepsOf(db.pool, tenantId, [id]);
      if (steps.length === 0) throw noRun();
      return runResource(id, steps);
    },
    async stop(tenantId, id) {
      if ((await deleteRun(db.pool, tenantId, id)) === 0) throw noRun();
    },
  };
}

function scenarioOf({ id, scenarios = [] }: Profile, name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const names = scenarios.map((scenario) => scenario.name);
  throw unknownName('unknown_scenario', `scenario of ${id}`, name, names);
}

function inputOf(
  { id }: Profile,
  { type, variant, data, details }: Omit<ScenarioStep, 'afterMs'>,
  { data: more, ...target }: Pick<ScenarioInput, 'data' | 'environment' | 'subscriptionId'>,
): PlannedInput {
  return {
    provider: id,
    type,
    ...(variant === undefined ? {} : { variant }),
    data: more === undefined ? data : mergePatch(data, more as Json),
    ...(details === undefined ? {} : { details }),
    ...target,
  };
}

function noRun(): AppError {
  return new AppError('not_found', 'There is no such scenario under way in this tenant.');
}

function runResource(runId: string, steps: readonly Step[]): ScenarioRun {
  const first = steps[0]!;
  return {
    id: publicId('scn', runId),
    provider: first.input.provider,
    name: first.kind.scenario,
    seed: first.kind.seed,
    startedAt: isoMillis(first.createdAtMs),
    steps: steps.map(({ input, dueAtMs, refused }) => ({
      at: dueAtMs === null ? null : isoMillis(dueAtMs),
      type: input.type,
      variant: input.variant ?? null,
      data: input.data ?? null,
      refused,
    })),
  };
}
