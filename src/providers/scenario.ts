import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import type { Claim } from './contract.js';

/** A life as the provider would tell it: several events about the same things, with the time between them. */
export type Scenario = Claim & {
  /** camelCase: `enrolment`. */
  name: string;
  title: string;
  /** In the order of `afterMs`, the first at 0. Pure: the same randomness tells the same life. */
  steps(context: ScenarioContext): readonly ScenarioStep[];
};

export interface ScenarioContext {
  random: Random;
  /** Tenant time of the first step, milliseconds. */
  startMs: number;
  /** Tenant settings after presets, parsed. */
  settings: Readonly<Record<string, unknown>>;
}

export interface ScenarioStep {
  /** Since the first step, milliseconds. */
  afterMs: number;
  type: string;
  variant?: string;
  /** Merged over the event's example: the ids that stay the same, and what has changed. */
  data: { [key: string]: Json };
  /** What the sender knows beside and does not say; the read side may. */
  details?: { [key: string]: Json };
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** What chance decides in a life. */
export interface Draw {
  /** Whole seconds, as milliseconds; both ends can come up. */
  between(fromMs: number, toMs: number): number;
  /** @param share 0 to 1 */
  chance(share: number): boolean;
  oneOf<T>(choices: readonly [T, ...T[]]): T;
}

export function drawFrom(random: Random): Draw {
  const whole = (from: number, to: number) => from + Math.floor(random.float() * (to - from + 1));
  return {
    between: (fromMs, toMs) => whole(fromMs / SECOND_MS, toMs / SECOND_MS) * SECOND_MS,
    chance: (share) => random.float() < share,
    oneOf: (choices) => choices[whole(0, choices.length - 1)]!,
  };
}

/** Lives that go on side by side, told as one; what happens at one instant stays in the order given. */
export function inOrder(steps: readonly ScenarioStep[]): ScenarioStep[] {
  return [...steps].sort((a, b) => a.afterMs - b.afterMs);
}
