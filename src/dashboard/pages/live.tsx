import { useEffect } from 'preact/hooks';
import { Page } from '../parts/page.js';
import { Empty, Wrong } from '../parts/state.js';
import { inTenant, tenantSlug } from '../state/api.js';
import { useKey } from '../state/keyboard.js';
import { clearLog, followLog, held, log, MOST_ROWS, paused, readLog, resume } from '../state/log.js';
import { sentenceOf } from '../state/refusal.js';
import { href, query, setQuery } from '../state/router.js';
import { streamState } from '../state/stream.js';
import { AttemptDrawer } from './live/attempt-drawer.js';
import { FirstEvent } from './live/first-event.js';
import { fits, LogFilter } from './live/log-filter.js';
import { LogTable } from './live/log-table.js';

/** The log as it happens. Filters, and the row that is open, stand in the address. */
export function LivePage() {
  const tenant = tenantSlug();
  useEffect(() => {
    void readLog(tenant);
    return followLog(tenant);
  }, [tenant]);
  const turn = () => {
    if (paused.value) resume();
    else paused.value = true;
  };
  useKey('p', turn);
  const { rows, loading, error } = log.value;
  const shown = rows.filter(fits(query.value));
  const open = query.value.get('open');
  return (
    <Page
      title="Live"
      lead="Every attempt, as it settles."
      actions={
        <>
          <button type="button" aria-pressed={paused.value} onClick={turn}>
            {paused.value ? 'Go on' : 'Pause'}
          </button>
          <button type="button" onClick={clearLog} disabled={rows.length === 0}>
            Clear view
          </button>
          <a
            class="button"
            href={`/api/v1${inTenant('/deliveries/export')}`}
            download={`${tenant}-deliveries.ndjson`}
          >
            Download NDJSON
          </a>
        </>
      }
    >
      <LogFilter rows={rows} />
      {paused.value && (
        <button type="button" class="paused" onClick={resume}>
          Paused · {held.value.length} new {held.value.length === 1 ? 'attempt waits' : 'attempts wait'}
        </button>
      )}
      {streamState.value === 'away' && (
        <p class="away" role="status">
          The server is away; reconnecting by itself.
        </p>
      )}
      {error ? <Wrong text={sentenceOf(error)} again={() => readLog(tenant)} /> : null}
      {rows.length === 0 && !loading && !error ? (
        <FirstEvent />
      ) : shown.length === 0 && rows.length > 0 ? (
        <Empty title={`None of the last ${rows.length} attempts fits the filter.`}>
          <button
            type="button"
            onClick={() => setQuery({ q: null, status: null, type: null, sub: null, dlv: null })}
          >
            Clear the filter
          </button>
        </Empty>
      ) : (
        <LogTable rows={shown} />
      )}
      {rows.length >= MOST_ROWS && (
        <p class="older">
          The newest {MOST_ROWS} are kept here. <a href={href('/events')}>Older ones are under Events</a>
        </p>
      )}
      <Announce count={rows.length} />
      {open && <AttemptDrawer of={open} />}
    </Page>
  );
}

/** Told now and then, never row by row. */
function Announce({ count }: { count: number }) {
  return (
    <p class="sr" role="status">
      {paused.value ? 'The log stands still.' : `${count} attempts in the log.`}
    </p>
  );
}
