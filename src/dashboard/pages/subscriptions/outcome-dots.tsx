import type { LoggedAttempt } from '../../../services/schemas/deliveries.js';
import { Mark } from '../../parts/mark.js';

/** The last attempts, oldest first. */
export function OutcomeDots({ attempts }: { attempts: readonly LoggedAttempt[] }) {
  const failed = attempts.filter(({ outcome }) => outcome !== 'delivered').length;
  if (attempts.length === 0) return <span class="quiet">no attempts</span>;
  return (
    <span class="dots" role="img" aria-label={`Of the last ${attempts.length} attempts ${failed} failed`}>
      {attempts.toReversed().map(({ id, outcome }) => (
        <span key={id} class={outcome === 'delivered' ? 'good' : 'bad'}>
          <Mark of={outcome} />
        </span>
      ))}
    </span>
  );
}
