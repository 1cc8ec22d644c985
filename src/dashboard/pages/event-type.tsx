import { useSignal } from '@preact/signals';
import type { EventResource } from '../../services/schemas/deliveries.js';
import type { SubscriptionResource } from '../../services/schemas/subscriptions.js';
import { Claim } from '../parts/claim.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Select } from '../parts/select.js';
import { Empty, Ready } from '../parts/state.js';
import { get, inTenant } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { profileOf, profiles } from '../state/profiles.js';
import { href, query, setQuery } from '../state/router.js';
import { ExampleEditor } from './catalogue/example-editor.js';
import { SchemaTable } from './catalogue/schema-table.js';

interface Needed {
  subscriptions: SubscriptionResource[];
  /** The body of the event that is duplicated. */
  from: unknown;
}

/** One kind of event: its shape, and an example to change and send. */
export function EventTypePage({ provider, type }: { provider: string; type: string }) {
  const profile = profileOf(provider);
  const event = profile?.events.find((one) => one.type === type);
  const from = query.value.get('from');
  const key = inTenant(`/subscriptions?provider=${encodeURIComponent(provider)}&limit=200`);
  const needed = useLoad<Needed>(async () => {
    const [{ data }, source] = await Promise.all([
      get<{ data: SubscriptionResource[] }>(key),
      from === null ? null : get<EventResource>(inTenant(`/events/${encodeURIComponent(from)}`)),
    ]);
    return { subscriptions: data, from: source?.body };
  }, key + from);
  const asked = query.value.get('variant');
  const shape = event?.shapes.find(({ variant }) => variant === asked) ?? event?.shapes[0];
  const showing = useSignal(false);
  if (!profiles.value) return <Page title={type}>{null}</Page>;
  if (!profile || !event || !shape)
    return (
      <Page title="No such event">
        <Empty title={`“${type}” is no event of ${profile?.name ?? provider}.`}>
          <p>
            <a href={href('/catalogue')}>The catalogue lists those there are</a>
          </p>
        </Empty>
      </Page>
    );
  return (
    <Page
      title={type}
      lead={
        <>
          <a href={href(`/catalogue/${provider}`)}>{profile.name}</a> · {event.summary}
        </>
      }
      actions={
        event.shapes.length > 1 && (
          <label class="inline">
            Variant
            <Select
              options={event.shapes.map(({ variant }) => [variant ?? '', variant ?? ''])}
              value={shape.variant ?? ''}
              choose={(variant) => setQuery({ variant })}
            />
          </label>
        )
      }
    >
      <div class="two">
        <div>
          <Ready of={needed}>
            {({ subscriptions, from: body }) => (
              <ExampleEditor
                key={`${provider} ${type} ${shape.variant} ${from}`}
                profile={profile}
                type={type}
                variant={shape.variant}
                example={shape.example}
                start={body ?? shape.example}
                subscriptions={subscriptions}
              />
            )}
          </Ready>
        </div>
        <div>
          <Section title="Shape">
            <p class="hint">
              Event: <Claim of={event.claim} />
            </p>
            <p class="hint">
              Body: <Claim of={event.bodyClaim} />
            </p>
            <SchemaTable schema={shape.schema} />
            <details onToggle={(toggle) => (showing.value = toggle.currentTarget.open)}>
              <summary>JSON Schema</summary>
              {showing.value && <pre tabindex={0}>{JSON.stringify(shape.schema, null, 2)}</pre>}
            </details>
          </Section>
        </div>
      </div>
    </Page>
  );
}
