import { useSignal } from '@preact/signals';
import type { EventResource } from '../../services/schemas/deliveries.js';
import { Instant } from '../parts/instant.js';
import { Page } from '../parts/page.js';
import { providerOptions, Select } from '../parts/select.js';
import { Empty, Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { get, inTenant } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { profiles } from '../state/profiles.js';
import { href, query, setQuery } from '../state/router.js';
import { useNews } from '../state/stream.js';

interface Listed {
  data: EventResource[];
  nextCursor: string | null;
}

/** Everything that happened, newest first; a page at a time, so that what comes in moves nothing. */
export function EventsPage() {
  const { value } = query;
  const wanted = new URLSearchParams({ limit: '50' });
  for (const name of ['provider', 'type', 'cursor']) {
    const given = value.get(name);
    if (given) wanted.set(name, given);
  }
  const at = inTenant(`/events?${wanted}`);
  const list = useLoad(() => get<Listed>(at), at);
  const news = useSignal(0);
  useNews(
    ({ type }) => type === 'event.created',
    () => {
      news.value += 1;
    },
  );
  const types = [...new Set((profiles.value ?? []).flatMap(({ events }) => events.map(({ type }) => type)))];
  return (
    <Page title="Events">
      <search class="filters">
        <Select
          aria-label="Provider"
          none="all providers"
          options={providerOptions()}
          value={value.get('provider') ?? ''}
          choose={(provider) => setQuery({ provider, cursor: null })}
        />
        <input
          data-filter
          list="event-types"
          aria-label="Event type"
          placeholder="all types"
          value={value.get('type') ?? ''}
          onChange={(event) => setQuery({ type: event.currentTarget.value, cursor: null })}
        />
        <datalist id="event-types">
          {types.map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
        {news.value > 0 && (
          <button
            type="button"
            class="only"
            onClick={() => {
              news.value = 0;
              if (value.get('cursor')) setQuery({ cursor: null });
              else void list.reload();
            }}
          >
            Newer events came: show them
          </button>
        )}
      </search>
      <Ready of={list}>
        {({ data, nextCursor }) => (
          <>
            {data.length === 0 ? <None filtered={wanted.size > 1} /> : <EventTable events={data} />}
            <nav class="row" aria-label="Pages of the list">
              {value.get('cursor') && (
                <button type="button" onClick={() => setQuery({ cursor: null }, { push: true })}>
                  Newest
                </button>
              )}
              {nextCursor && (
                <button type="button" onClick={() => setQuery({ cursor: nextCursor }, { push: true })}>
                  Older
                </button>
              )}
            </nav>
          </>
        )}
      </Ready>
    </Page>
  );
}

function None({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No event fits the filter.">
        <button type="button" onClick={() => setQuery({ provider: null, type: null, cursor: null })}>
          Clear the filter
        </button>
      </Empty>
    );
  return (
    <Empty title="No events yet.">
      <p>
        <a href={href('/catalogue')}>Choose one in the catalogue and send it</a>
      </p>
    </Empty>
  );
}

function EventTable({ events }: { events: readonly EventResource[] }) {
  return (
    <Table
      kind="log cards"
      caption="Events, newest first"
      head={['Created', 'Type', 'Provider', 'Provider’s id', '>Size']}
    >
      <tbody>
        {events.map(({ id, createdAt, type, variant, provider, environment, providerEventId, bodyBytes }) => (
          <tr key={id}>
            <td>
              <Instant at={createdAt} />
            </td>
            <td>
              <a data-row href={href(`/events/${id}`)}>
                {type}
              </a>
              {variant && <span class="quiet"> {variant}</span>}
            </td>
            <td>
              {provider} <span class="quiet">{environment}</span>
            </td>
            <td class="mono url" title={providerEventId ?? ''}>
              {providerEventId}
            </td>
            <td class="mono number">{bodyBytes} B</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
