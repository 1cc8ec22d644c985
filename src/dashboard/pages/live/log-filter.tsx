import type { LoggedAttempt } from '../../../services/schemas/deliveries.js';
import { Select } from '../../parts/select.js';
import { query, setQuery } from '../../state/router.js';

const STATUSES = { delivered: 'delivered', retry: 'failed, goes on', failed: 'failed for good' };

/** Whether a row is wanted, by what the address says. */
export function fits(wanted: URLSearchParams): (row: LoggedAttempt) => boolean {
  const text = wanted.get('q')?.toLowerCase() ?? '';
  const [type, status, sub, dlv] = ['type', 'status', 'sub', 'dlv'].map((name) => wanted.get(name));
  return (row) =>
    (!type || row.eventType === type) &&
    (!status || row.outcome === status) &&
    (!sub || row.subscriptionId === sub) &&
    (!dlv || row.deliveryId === dlv) &&
    (!text || textOf(row).includes(text));
}

function textOf(row: LoggedAttempt): string {
  const { provider, eventType, url, reason, status, id, deliveryId, eventId, subscriptionId } = row;
  return [provider, eventType, url, reason, status, id, deliveryId, eventId, subscriptionId]
    .join(' ')
    .toLowerCase();
}

export function LogFilter({ rows }: { rows: readonly LoggedAttempt[] }) {
  const { value } = query;
  const type = value.get('type') ?? '';
  const types = [...new Set([type, ...rows.map(({ eventType }) => eventType ?? '')])].filter(Boolean);
  types.sort((a, b) => a.localeCompare(b));
  const sub = value.get('sub');
  const dlv = value.get('dlv');
  return (
    <search class="filters">
      <input
        type="search"
        data-filter
        aria-label="Filter by text"
        placeholder="Filter: type, URL, reason, id"
        value={value.get('q') ?? ''}
        onInput={(event) => setQuery({ q: event.currentTarget.value })}
      />
      <Select
        aria-label="Event type"
        none="all types"
        options={types.map((name) => [name, name])}
        value={type}
        choose={(type) => setQuery({ type })}
      />
      <Select
        aria-label="Outcome"
        none="all outcomes"
        options={Object.entries(STATUSES)}
        value={value.get('status') ?? ''}
        choose={(status) => setQuery({ status })}
      />
      {sub && <Only what="this subscription" clear={() => setQuery({ sub: null })} />}
      {dlv && <Only what="this delivery" clear={() => setQuery({ dlv: null })} />}
    </search>
  );
}

function Only({ what, clear }: { what: string; clear: () => void }) {
  return (
    <button type="button" class="only" onClick={clear}>
      only {what} <span aria-hidden="true">×</span>
      <span class="sr">, show all</span>
    </button>
  );
}
