import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import type { ScenarioRun } from '../../../services/schemas/plans.js';
import { Claim } from '../../parts/claim.js';
import { Section } from '../../parts/section.js';
import { useAct } from '../../state/act.js';
import { inTenant, post } from '../../state/api.js';

/** Lives that can be told from beginning to end. */
export function Scenarios({ profile }: { profile: ProfileResource }) {
  const { busy, act } = useAct();
  if (profile.scenarios.length === 0) return null;
  const start = (name: string) =>
    void act(async () => {
      const { steps, seed } = await post<ScenarioRun>(inTenant('/scenarios'), { provider: profile.id, name });
      return `${steps.length} events are planned on the tenant’s clock (seed ${seed}).`;
    });
  return (
    <Section title="Scenarios">
      <ul class="event-list">
        {profile.scenarios.map((scenario) => (
          <li key={scenario.name}>
            <span class="mono">{scenario.name}</span>
            <span>
              {scenario.title} <Claim of={scenario} />
            </span>
            <button type="button" disabled={busy} onClick={() => start(scenario.name)}>
              Tell it
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
