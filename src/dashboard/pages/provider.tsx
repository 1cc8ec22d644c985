import type { ProfileResource } from '../../services/schemas/catalogue.js';
import { Claim } from '../parts/claim.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Empty } from '../parts/state.js';
import { profileOf, profiles } from '../state/profiles.js';
import { href } from '../state/router.js';
import { HealthMachine } from './catalogue/health-machine.js';
import { Scenarios } from './catalogue/scenarios.js';
import { Schedule } from './catalogue/schedule.js';
import { Value } from './catalogue/value.js';

/** Everything that is known of a provider, and how well. */
export function ProviderPage({ provider }: { provider: string }) {
  const profile = profileOf(provider);
  if (!profiles.value) return <Page title="Provider">{null}</Page>;
  if (!profile)
    return (
      <Page title="No such provider">
        <Empty title={`Nobody here is called “${provider}”.`}>
          <p>
            <a href={href('/catalogue')}>The catalogue lists those there are</a>
          </p>
        </Empty>
      </Page>
    );
  return (
    <Page
      title={profile.name}
      lead={profile.summary}
      actions={
        <>
          <a class="button" href={profile.docs} target="_blank" rel="noreferrer noopener">
            Its documentation
          </a>
          <a class="button primary" href={href('/subscriptions', { new: '1', provider })}>
            Subscribe
          </a>
        </>
      }
    >
      <Schedule profile={profile} />
      <HealthMachine profile={profile} />
      <Rules profile={profile} />
      <Events profile={profile} />
      <Scenarios profile={profile} />
      <Presets profile={profile} />
      <Facts profile={profile} />
    </Page>
  );
}

/** The first ones, in the order in which they are shown. */
const ORDER = 'auth timestamp secret rotation eventId success timeout retry health'.split(' ');

const NAMES: Readonly<Record<string, string>> = {
  auth: 'proof',
  https: 'HTTPS',
  retry: 'retries',
  test: 'test event',
};

function Rules({ profile }: { profile: ProfileResource }) {
  const { auth, secret, eventId, eventFilter, environments, reservedHeaders, test, policies } = profile;
  const all = { auth, secret, eventId, ...policies, eventFilter, environments, reservedHeaders, test };
  return (
    <Section title="Signature, timeouts and rules">
      <table class="rules">
        <caption class="sr">Each rule with its value and where it comes from</caption>
        <tbody>
          {[...new Set([...ORDER, ...Object.keys(all)])].map((name) => {
            const rule = all[name as keyof typeof all];
            if (!rule) return null;
            return (
              <tr key={name}>
                <th scope="row">
                  {NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}
                </th>
                <td>
                  <Value of={rule.value} />
                </td>
                <td>
                  <Claim of={rule} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}

function Events({ profile }: { profile: ProfileResource }) {
  return (
    <Section title="Events">
      <ul class="event-list">
        {profile.events.map(({ type, summary, claim }) => (
          <li key={type}>
            <a data-row class="mono" href={href(`/catalogue/${profile.id}/${encodeURIComponent(type)}`)}>
              {type}
            </a>
            <span class="quiet">
              {summary} <span class={`claim ${claim.claim}`}>{claim.claim}</span>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Presets({ profile }: { profile: ProfileResource }) {
  if (profile.presets.length === 0) return null;
  return (
    <Section title="Presets: other readings">
      <ul class="event-list">
        {profile.presets.map((preset) => (
          <li key={preset.name}>
            <span class="mono">{preset.name}</span>
            <span>
              {preset.title} <span class="quiet">({preset.scope})</span> <Claim of={preset} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Facts({ profile }: { profile: ProfileResource }) {
  if (profile.facts.length === 0) return null;
  return (
    <Section title="Also known">
      <ul class="fact-list">
        {profile.facts.map((fact) => (
          <li key={fact.value}>
            {fact.value} <Claim of={fact} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
