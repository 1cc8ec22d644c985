import { AppError } from '../../errors.js';
import { seededRandom } from '../../lib/random.js';
import { createBench } from '../bench.js';
import { type CheckInput, type CheckSurroundings, prepareRun } from '../check-consumer.js';
import type { LifePlan } from '../lives.js';
import { openWorld, type RunInput } from '../world.js';
import { loadFastCheck } from './fast-check.js';
import { type Story, type StoryStep, sayStory } from './story.js';
import { tellStory } from './tell-story.js';

export interface FuzzOptions {
  /** Stories that are tried, 1 to 10,000; default 60. */
  runs?: number;
  /** What the search takes at most, real milliseconds; default 30,000. */
  limitMs?: number;
}

export interface Fuzzed {
  provider: string;
  target: string;
  seed: string;
  /** Stories that were told, those of the shrinking included. */
  stories: number;
  durationMs: number;
  /** The shortest story that leads to another state; null: none was found. */
  broken: { story: Story; lines: readonly string[]; difference: string } | null;
}

const MOST_STEPS = 12;

/**
 * Tells lives in ways that a provider may: again, in another order, after an outage, during a rotation; and compares the state
 * with that of the plain way. What breaks it is shrunk to the shortest such story. @throws AppError
 */
export async function fuzzConsumer(
  input: CheckInput,
  options: FuzzOptions & CheckSurroundings = {},
): Promise<Fuzzed> {
  const { runs = 60, limitMs = 30_000, ...surroundings } = options;
  const fc = await loadFastCheck();
  const run = await prepareRun(input, surroundings);
  return withPlans(run, async ({ plans, tellOf, monotonic }) => {
    const startedAt = monotonic();
    let stories = 0;
    const stepOf = ({ types, dated }: LifePlan) => {
      const event = fc.nat(types.length - 1);
      return fc.oneof(
        { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const), event }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), event }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('together' as const), event }) },
        ...(dated
          ? [
              {
                weight: 1,
                arbitrary: fc.record({
                  do: fc.constant('outage' as const),
                  deliveries: fc.integer({ min: 1, max: 3 }),
                }),
              },
            ]
          : []),
        { weight: 1, arbitrary: fc.constant({ do: 'rotate' as const }) },
      );
    };
    const story = fc.oneof(
      ...plans.map((plan) =>
        fc
          .array(stepOf(plan), { minLength: 1, maxLength: MOST_STEPS })
          .map((steps): { plan: LifePlan; steps: StoryStep[] } => ({ plan, steps: legal(plan, steps) })),
      ),
    );
    const differences = new Map<string, string>();
    const property = fc.asyncProperty(story, async ({ plan, steps }) => {
      const { same, difference } = await tellOf(plan, steps);
      stories += 1;
      if (!same) differences.set(JSON.stringify([plan.kind, steps]), difference);
      return same;
    });
    const found = await fc.check(property, {
      seed: Math.floor(seededRandom(run.seed).float() * 2 ** 31),
      numRuns: runs,
      interruptAfterTimeLimit: limitMs,
      markInterruptAsFailure: false,
    });
    const worst = found.failed ? found.counterexample?.[0] : undefined;
    return {
      provider: run.lane.profile.id,
      target: run.lane.url,
      seed: run.seed,
      stories,
      durationMs: Math.round(monotonic() - startedAt),
      broken: worst
        ? {
            story: { kind: worst.plan.kind, steps: worst.steps },
            lines: sayStory({ kind: worst.plan.kind, steps: worst.steps }, worst.plan),
            difference: differences.get(JSON.stringify([worst.plan.kind, worst.steps])) ?? '',
          }
        : null,
    };
  });
}

/** Tells one story again. @throws AppError; Error where the consumer's state is another one, as an assertion does. */
export async function replayStory(
  input: CheckInput & { story: Story },
  surroundings: CheckSurroundings = {},
): Promise<void> {
  const { story, ...rest } = input;
  await withPlans(await prepareRun(rest, surroundings), async ({ plans, tellOf }) => {
    const plan = plans.find(({ kind }) => kind === story.kind);
    if (!plan) throw noPlan(`The consumer’s state shows nothing of a ${story.kind}.`);
    const { same, difference } = await tellOf(plan, story.steps);
    if (!same)
      throw new Error(`${sayStory(story, plan).join('; ')}: the state is another one. ${difference}`);
  });
}

/** Where nobody can tell older from newer the order stays that of the life. */
function legal({ dated }: LifePlan, steps: readonly StoryStep[]): StoryStep[] {
  if (dated) return [...steps];
  const place = (step: StoryStep) => ('event' in step ? step.event : -1);
  return [...steps].sort((a, b) => place(a) - place(b));
}

interface Telling {
  plans: readonly LifePlan[];
  tellOf(plan: LifePlan, steps: readonly StoryStep[]): ReturnType<typeof tellStory>;
  monotonic(): number;
}

async function withPlans<T>(run: RunInput, work: (telling: Telling) => Promise<T>): Promise<T> {
  if (run.effects === null)
    throw noPlan('Stories are judged by the consumer’s state: give an effects probe.');
  const { world, close } = openWorld({ ...run, level: 1 }, () => {});
  try {
    const bench = createBench(world, 'fuzz');
    const shown = await world.effects!.plans();
    if (shown.length === 0)
      throw noPlan(
        'The snapshot does not change when events are told plainly, or never twice in the same way.',
      );
    return await work({
      plans: shown,
      tellOf: (plan, steps) => tellStory(bench, plan, steps),
      monotonic: world.clock.monotonic,
    });
  } finally {
    await close();
  }
}

function noPlan(detail: string): AppError {
  return new AppError('invalid_request', detail, [{ path: 'effects', message: detail }]);
}
