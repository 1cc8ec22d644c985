import type { VNode } from 'preact';
import type { LoggedAttempt } from '../../../services/schemas/deliveries.js';
import { Answer } from '../../parts/answer.js';
import { Table } from '../../parts/table.js';
import { tenantNow, today } from '../../state/clock.js';
import { attemptsOf } from '../../state/profiles.js';
import { withQuery } from '../../state/router.js';
import { relative, timeOfDay } from '../../state/time.js';

export function LogTable({ rows }: { rows: readonly LoggedAttempt[] }) {
  return (
    <Table
      kind="log live-log"
      caption="Attempts, newest first"
      head={['Time', 'Event', 'To', 'Attempt', 'Answer', '>Took', 'Next']}
    >
      <tbody>{rows.map(drawn)}</tbody>
    </Table>
  );
}

/** A row never changes: drawn once it is left alone, however many come above it. */
const known = new WeakMap<LoggedAttempt, VNode>();

function drawn(row: LoggedAttempt): VNode {
  const made = known.get(row) ?? <Row key={row.id} row={row} />;
  known.set(row, made);
  return made;
}

function Row({ row }: { row: LoggedAttempt }) {
  const { startedAt, eventType, provider, url, number, outcome, reason, status, durationMs, trigger } = row;
  const of = trigger === 'scheduled' ? attemptsOf(provider) : null;
  return (
    <tr class={outcome}>
      <td class="mono">
        <time dateTime={startedAt} title={startedAt}>
          {startedAt.startsWith(today.value) || <span class="quiet">{startedAt.slice(0, 10)} </span>}
          {timeOfDay(startedAt)}
        </time>
      </td>
      <td>
        <a data-row href={withQuery({ open: `${row.deliveryId}:${number}` })}>
          {eventType ?? 'event'}
        </a>
        <span class="quiet"> {provider}</span>
      </td>
      <td class="url" title={url}>
        {shortUrl(url)}
      </td>
      <td class="mono">
        {number}
        {of !== null && <span class="quiet">/{of}</span>}
        {trigger !== 'scheduled' && <span class="quiet"> {trigger}</span>}
      </td>
      <td>
        <Answer outcome={outcome} status={status} reason={reason} />
      </td>
      <td class="mono number">{durationMs} ms</td>
      <td class="next">
        <Next at={row.nextAttemptAt} />
      </td>
    </tr>
  );
}

/** Counts down by itself; of the row only this is drawn anew each second. */
function Next({ at }: { at: string | null }) {
  if (at === null) return null;
  const now = tenantNow();
  if (Date.parse(at) <= now) return null;
  return (
    <time dateTime={at} title={at}>
      {relative(Date.parse(at), now)}
    </time>
  );
}

/** Host and path: the scheme and a query say little in a log. */
function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/[?#].*$/, '');
}
