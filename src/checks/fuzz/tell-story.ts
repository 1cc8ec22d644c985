import { meetTogether } from '../../engine/egress/together.js';
import { rotatedSecret } from '../../engine/faults/legal/rotated-secret.js';
import { type Ask, type Bench, twist } from '../bench.js';
import { deliver } from '../deliver.js';
import type { Compared } from '../effects.js';
import type { CheckEvent } from '../event.js';
import type { LifePlan } from '../lives.js';
import { accepted } from '../shot.js';
import { type StoryStep, told } from './story.js';

/** A wrong state may become right for so long, milliseconds: less than a check waits, for a story is told often. */
const PATIENCE_MS = 150;

/** Whether the state after this story is that after the same events, once and in order. */
export function tellStory(bench: Bench, plan: LifePlan, steps: readonly StoryStep[]): Promise<Compared> {
  const wanted = told(steps);
  if (wanted.length === 0) return Promise.resolve({ same: true, difference: '' });
  return bench.effects!.compare(plan, (events) => tell(bench, events, steps), {
    wanted,
    patienceMs: PATIENCE_MS,
  });
}

async function tell(bench: Bench, events: readonly CheckEvent[], steps: readonly StoryStep[]): Promise<void> {
  const later: CheckEvent[] = [];
  const again = new Set<number>();
  let away = 0;
  let ask: Ask = { label: 'the story' };
  for (const step of steps) {
    if (step.do === 'outage') away = step.deliveries;
    else if (step.do === 'rotate') ask = { ...ask, twists: rotated(bench) };
    else {
      const event = events[step.event]!;
      const attempt = again.has(step.event) ? 2 : 1;
      again.add(step.event);
      if (away > 0) {
        away -= 1;
        later.push(event);
        continue;
      }
      const shots = await Promise.all(
        step.do === 'together'
          ? meetTogether(3).map((together) => bench.send(event, { ...ask, attempt, together }))
          : [bench.send(event, { ...ask, attempt })],
      );
      if (!shots.some(accepted)) later.push(event);
    }
  }
  await deliver(bench, later, { ...ask, label: 'the story, retried' });
}

/** Nothing changes where the scheme carries one signature, or none. */
function rotated({ target }: Bench): Ask['twists'] {
  const both = twist(rotatedSecret, { order: 'newFirst' });
  return both.fault.refuse?.(target, both.params) == null ? [both] : [];
}
