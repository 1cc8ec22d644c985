import type { Bench } from './bench.js';
import type { Finding } from './contract.js';
import { skipped } from './finding.js';
import type { LifePlan } from './lives.js';

/** Why nothing can be said of effects. */
export async function nothingShows({ effects }: Pick<Bench, 'effects'>): Promise<Finding> {
  return skipped(
    (await effects!.unsteady()) === null
      ? 'The snapshot did not change when events were told plainly: the probe has to show what the consumer made of them.'
      : 'The same told plainly twice has not the same effect twice, so no other way can be compared with it: see ORD-02.',
  );
}

/** The life that the consumer's state tells most of; null where it tells of none. */
export async function shownPlan({ effects }: Pick<Bench, 'effects'>): Promise<LifePlan | null> {
  return (await effects!.plans())[0] ?? null;
}
