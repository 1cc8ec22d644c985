import { isObject, type Json } from '../lib/merge-patch.js';
import { isOffered } from '../providers/find-event.js';
import { subjectOf } from '../providers/life.js';
import type { ScenarioStep } from '../providers/scenario.js';
import { type CheckEvent, type EventShape, makeEvent } from './event.js';
import { twinRandom } from './twin-random.js';

/** Some events about one thing, in the order in which they happened; told as often as wanted, each time of another thing. */
export interface LifePlan {
  /** `difference`: what the events are about. */
  kind: string;
  types: readonly string[];
  /** Whether every event says when it happened, so that a consumer can put them in order. */
  dated: boolean;
  /** The same events under ids that no other twin has. */
  tell(twin: string): CheckEvent[];
}

export interface LivesInput extends EventShape {
  seed: string;
  /** When the last event of a life happened; real time, milliseconds. */
  nowMs: number;
}

/** Events of one life at most: all of their orders are tried. */
const MOST_EVENTS = 4;
/** Between two events of a life, milliseconds: more than a day, for bodies that say dates alone. */
const GAP_MS = 26 * 3_600_000;
/** Lives that are drawn to find one of each kind with several events. */
const DRAWS = 12;

/** One plan for each kind of thing that the provider's scenarios tell of, longest first; else its sample event alone. */
export function planLives(input: LivesInput): LifePlan[] {
  const best = new Map<string, LifePlan>();
  for (const scenario of input.profile.scenarios ?? []) {
    for (let draw = 0; draw < DRAWS; draw++) {
      const plan = `${input.seed} ${scenario.name} ${draw}`;
      const stepsOf = (twin: string) =>
        scenario.steps({ random: twinRandom(plan, twin), startMs: input.nowMs, settings: input.settings });
      for (const [kind, chosen] of groups(input, plan, stepsOf('reference'))) {
        const known = best.get(kind);
        if (known && known.types.length >= Math.min(chosen.length, MOST_EVENTS)) continue;
        best.set(kind, planOf(input, { kind, plan, chosen: chosen.slice(0, MOST_EVENTS), stepsOf }));
      }
    }
  }
  const plans = [...best.values()].sort((a, b) => b.types.length - a.types.length);
  return plans.length > 0 ? plans : [samplePlan(input)];
}

/** By what they are about, the places of the steps that tell of it; of each kind the thing that most is told of. */
function groups(input: LivesInput, plan: string, steps: readonly ScenarioStep[]): Map<string, number[]> {
  const bySubject = new Map<string, number[]>();
  for (const [at, step] of steps.entries()) {
    const { type, json } = stepEvent(input, step, { plan, twin: 'reference', at, nowMs: input.nowMs });
    const subject = subjectOf(input.profile, { type, body: json });
    if (subject !== null) bySubject.set(subject, [...(bySubject.get(subject) ?? []), at]);
  }
  const byKind = new Map<string, number[]>();
  for (const [subject, places] of bySubject) {
    const kind = input.profile.lives?.find((life) => subject.startsWith(`${life.kind} `))?.kind ?? subject;
    if (places.length > (byKind.get(kind)?.length ?? 0)) byKind.set(kind, places);
  }
  return byKind;
}

interface Chosen {
  kind: string;
  plan: string;
  /** Places in the scenario. */
  chosen: readonly number[];
  stepsOf(twin: string): readonly ScenarioStep[];
}

function planOf(input: LivesInput, { kind, plan, chosen, stepsOf }: Chosen): LifePlan {
  const tellFrom = (twin: string, endMs: number) => {
    const steps = stepsOf(twin);
    return chosen.map((at, i) =>
      stepEvent(input, steps[at]!, { plan, twin, at, nowMs: endMs - (chosen.length - 1 - i) * GAP_MS }),
    );
  };
  const tell = (twin: string) => tellFrom(twin, input.nowMs);
  const later = tellFrom('reference', input.nowMs + GAP_MS);
  return {
    kind,
    types: tell('reference').map(({ type }) => type),
    dated: tell('reference').every(({ json }, i) => isDated(json, later[i]!.json)),
    tell,
  };
}

function samplePlan(input: LivesInput): LifePlan {
  const { profile, settings, nowMs, seed } = input;
  const test = profile.test.value;
  const offered = profile.events.filter((event) => isOffered(event, settings));
  const { type } =
    (test.kind === 'sample' && offered.find((event) => event.type === test.type)) || offered[0]!;
  const variant = offered.find((event) => event.type === type)?.variants?.[0] ?? null;
  const tell = (twin: string) => [makeEvent(input, { type, variant, nowMs, random: twinRandom(seed, twin) })];
  return { kind: type, types: [type], dated: true, tell };
}

interface StepPlace {
  plan: string;
  twin: string;
  at: number;
  nowMs: number;
}

function stepEvent(input: LivesInput, step: ScenarioStep, { plan, twin, at, nowMs }: StepPlace): CheckEvent {
  const { type, variant = null, data } = step;
  return makeEvent(input, { type, variant, data, nowMs, random: twinRandom(`${plan} ${at}`, twin) });
}

/** Whether any value beside its ids says when it happened. */
function isDated(one: Json | null, later: Json | null): boolean {
  if (isObject(one) && isObject(later))
    return Object.keys(one).some((key) => isDated(one[key] ?? null, later[key] ?? null));
  if (Array.isArray(one) && Array.isArray(later))
    return one.some((value, i) => isDated(value, later[i] ?? null));
  return one !== later;
}
