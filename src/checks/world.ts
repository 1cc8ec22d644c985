import { createTokens } from '../engine/access/tokens.js';
import { createEgress } from '../engine/egress/egress.js';
import type { EgressRules } from '../engine/egress/rules.js';
import { isLoopbackUrl } from '../engine/faults/admit.js';
import type { LaneSnapshot } from '../engine/lane-snapshot.js';
import { totalMs } from '../engine/turned-away.js';
import { type WallClock, wallClock } from '../lib/clock.js';
import { uuid4 } from '../lib/ids.js';
import { systemRandom } from '../lib/random.js';
import { type BenchWorld, createBench } from './bench.js';
import type { CheckReport, Level, Shot } from './contract.js';
import { deliver } from './deliver.js';
import { createEffects } from './effects.js';
import type { EventShape } from './event.js';
import { planLives } from './lives.js';
import { readFunction, readUrl } from './read-snapshot.js';
import { createSlots } from './slots.js';

export interface RunInput {
  lane: LaneSnapshot;
  shape: EventShape;
  rules: EgressRules;
  version: string;
  /** The consumer's state; null: only its answers are seen. */
  effects: string | (() => unknown) | null;
  /** Moves the consumer's clock to this instant; null: nothing does. */
  moveClock?: ((nowMs: number) => unknown) | null;
  /** For level 2: where the provider's API is opened, and who is told before anything is sent. */
  readApi?: { port: number; ready(url: string): unknown };
  /** Why there can be none, where it is none of the caller's choosing. */
  noReadApi?: string;
  retired?: readonly string[];
  /** Everything that is sent repeats itself by it, but for ids and instants. */
  seed: string;
  only?: readonly string[];
  /** Default: the highest that can be seen. */
  level?: Level;
  /** For each request; default: the provider's. */
  timeoutMs?: number;
  /** Whether the target has proved that it wants to be harmed; loopback need not. */
  challenged?: boolean;
  clock?: WallClock;
  /** Breaks the run off: what is left is not asked. */
  signal?: AbortSignal;
  /** What the reproduce command says beside `--only`. */
  command: string;
  /** Told of each check as it ends. */
  progress?(report: CheckReport, done: number, of: number): void;
}

/** Requests under way at once. */
const SLOTS = 8;
/** Events of lives happened before the run, so that their instants are none of the consumer's own. */
const PAST_MS = 3_600_000;

const UNTOLD =
  'The consumer was not told where the provider’s API is: --read-api PORT, or readApi in the library.';

export interface OpenWorld {
  world: BenchWorld;
  level: Level;
  close(): Promise<void>;
}

/** Everything that a run stands on. @param seen told of each request as it ends. */
export function openWorld(input: RunInput, seen: (check: string, shot: Shot) => void): OpenWorld {
  const { lane, shape, rules, seed, clock = wallClock, effects: probe } = input;
  const egress = createEgress(rules);
  const startedMs = clock.now();
  let sent = 0;
  // Ids are of one run: a consumer that runs on would take the events of an earlier one, by the same seed, for repeats.
  const mine = uuid4(systemRandom());
  const plans = planLives({ ...shape, seed, nowMs: startedMs - PAST_MS });
  const world: BenchWorld = {
    lane,
    shape,
    plans: plans.map((plan) => ({ ...plan, tell: (twin) => plan.tell(`${twin} ${mine}`) })),
    egress,
    tokens: createTokens(egress, clock.monotonic),
    clock,
    seed,
    version: input.version,
    retired: input.retired ?? [],
    timeoutMs: input.timeoutMs ?? totalMs(lane.policies.timeout),
    effects: null,
    readApi: null,
    noReadApi: input.noReadApi ?? UNTOLD,
    moveClock: input.moveClock ?? null,
    mayHarm: input.challenged === true || isLoopbackUrl(lane.url),
    startedMs,
    seen(check, shot) {
      sent += 1;
      seen(check, shot);
    },
    slots: createSlots(SLOTS),
    pace: { slow: false, answerMs: 0 },
  };
  const level: Level = input.level ?? (probe ? 1 : 0);
  if (probe && level > 0) {
    const plainly = createBench(world, 'plain');
    world.effects = createEffects({
      read: typeof probe === 'string' ? readUrl(egress, probe, lane.policies.https) : readFunction(probe),
      plans: world.plans,
      sent: () => sent,
      tellPlainly: (events) => deliver(plainly, events, { label: 'plainly: once and in order' }),
      pause: plainly.pause,
      monotonic: clock.monotonic,
      wall: clock.now,
    });
  }
  const stop = () => void egress.close();
  input.signal?.addEventListener('abort', stop, { once: true });
  if (input.signal?.aborted) stop();
  return {
    world,
    level,
    async close() {
      input.signal?.removeEventListener('abort', stop);
      await egress.close();
    },
  };
}
