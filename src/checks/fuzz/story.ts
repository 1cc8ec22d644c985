import type { LifePlan } from '../lives.js';

/** One thing that happens on the way between provider and consumer. `event` is its place in the life, from 0. */
export type StoryStep =
  | { do: 'send'; event: number }
  /** It is told once more, under the same id. */
  | { do: 'repeat'; event: number }
  /** Three requests with it at the same moment. */
  | { do: 'together'; event: number }
  /** The consumer is away for the next deliveries; they come again at the end. */
  | { do: 'outage'; deliveries: number }
  /** From here on a new secret signs beside the known one. */
  | { do: 'rotate' };

/** What happened to one life. With the seed of its run it can be told again. */
export interface Story {
  /** What the events are about. */
  kind: string;
  steps: readonly StoryStep[];
}

/** Places of the events that arrive at all, in the order of the life. */
export function told(steps: readonly StoryStep[]): number[] {
  const places = steps.flatMap((step) => ('event' in step ? [step.event] : []));
  return [...new Set(places)].sort((a, b) => a - b);
}

/** For people: one line for each step. */
export function sayStory({ steps }: Story, { types }: Pick<LifePlan, 'types'>): string[] {
  const event = (at: number) => `event ${at + 1} (${types[at]})`;
  const say = (step: StoryStep): string => {
    switch (step.do) {
      case 'send':
        return `${event(step.event)} arrives`;
      case 'repeat':
        return `${event(step.event)} arrives again`;
      case 'together':
        return `${event(step.event)} arrives three times at the same moment`;
      case 'outage':
        return `the consumer is away for the next ${step.deliveries === 1 ? 'delivery' : `${step.deliveries} deliveries`}, retried at the end`;
      case 'rotate':
        return 'the secret is rotated: from here on two signatures';
    }
  };
  return steps.map(say);
}
