import { useSignal } from '@preact/signals';
import { Page } from '../parts/page.js';
import { Empty } from '../parts/state.js';
import { profiles } from '../state/profiles.js';
import { href } from '../state/router.js';

/** Every provider and every event it sends. */
export function CataloguePage() {
  const text = useSignal('');
  const wanted = text.value.toLowerCase();
  const shown = (profiles.value ?? [])
    .map((profile) => ({
      ...profile,
      events: profile.events.filter((event) =>
        `${profile.name} ${event.type} ${event.summary}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ events }) => events.length > 0);
  return (
    <Page
      title="Catalogue"
      lead="What each provider sends. Choose an event to see its shape, change it, and send it."
    >
      <search class="filters">
        <input
          type="search"
          data-filter
          aria-label="Filter events"
          placeholder="Filter events"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </search>
      {profiles.value && shown.length === 0 && (
        <Empty title="No event is called so.">
          <button type="button" onClick={() => (text.value = '')}>
            Clear the filter
          </button>
        </Empty>
      )}
      {shown.map(({ id, name, summary, events, secret, retryDelaysMs }) => (
        <section key={id} aria-labelledby={`provider-${id}`} class="provider">
          <header class="section-head">
            <div>
              <h2 id={`provider-${id}`}>
                <a href={href(`/catalogue/${id}`)}>{name}</a>
              </h2>
              <p class="lead">{summary}</p>
            </div>
            <p class="quiet">
              {retryDelaysMs.length + 1} {retryDelaysMs.length === 0 ? 'attempt' : 'attempts'} · secret{' '}
              {secret.value.use}
            </p>
          </header>
          <ul class="event-list">
            {events.map((event) => (
              <li key={event.type}>
                <a data-row class="mono" href={href(`/catalogue/${id}/${encodeURIComponent(event.type)}`)}>
                  {event.type}
                </a>
                <span class="quiet">{event.summary}</span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Page>
  );
}
