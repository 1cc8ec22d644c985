import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import { Claim } from '../../parts/claim.js';
import { Status } from '../../parts/mark.js';
import { Section } from '../../parts/section.js';
import { span } from '../../state/time.js';

interface Rule {
  kind: string;
  failAfterMs?: number;
  scope?: string;
  unhealthyAt?: string;
  confirmFromMs?: number;
  confirmToMs?: number;
  disableAfterMs?: number;
  judgedAt?: string;
  threshold?: number;
}

/** What failures make of a subscription: each state, and what leads on to the next. */
export function HealthMachine({ profile }: { profile: ProfileResource }) {
  const health = profile.policies.health!;
  const steps = stepsOf(health.value as Rule);
  return (
    <Section title="Health of a subscription">
      <ol class="machine">
        {profile.onboarding.map((status) => (
          <li key={status}>
            <span class="state">
              <Status of={status} />
            </span>
            <span class="arrow">once the provider is ready</span>
          </li>
        ))}
        {steps.map(({ status, next }) => (
          <li key={status}>
            <span class="state">
              <Status of={status} />
            </span>
            {next && <span class="arrow">{next}</span>}
          </li>
        ))}
      </ol>
      <p class="hint">
        {steps.length > 1 && 'A success, or resume, leads back to active. '}
        <Claim of={health} />
      </p>
    </Section>
  );
}

function stepsOf(rule: Rule): { status: string; next?: string }[] {
  const failure = (at?: string) =>
    at === 'exhausted' || at === 'exhaustion' ? 'a delivery out of retries' : 'a failed attempt';
  switch (rule.kind) {
    case 'unhealthyThenFailed':
      return [
        { status: 'active', next: failure(rule.unhealthyAt) },
        {
          status: 'unhealthy',
          next: `${failure(rule.scope)} of an event created ${span(rule.failAfterMs!)} later or more`,
        },
        { status: 'failed' },
      ];
    case 'disableAfterSpan':
      return [
        {
          status: 'active',
          next: `two failed attempts ${span(rule.confirmFromMs!)} to ${span(rule.confirmToMs!)} apart, then ${failure(rule.judgedAt)} ${span(rule.disableAfterMs!)} later, no success between`,
        },
        { status: 'disabled' },
      ];
    case 'consecutiveFailures':
      return [
        { status: 'active', next: `${rule.threshold} failed attempts in a row` },
        { status: 'disabled' },
      ];
    case 'byUser':
      return [{ status: 'active', next: 'only when the user turns it off' }, { status: 'disabled' }];
    default:
      return [{ status: 'active', next: 'whatever the endpoint answers' }];
  }
}
