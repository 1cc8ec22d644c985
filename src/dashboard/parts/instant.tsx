import { tenantNow } from '../state/clock.js';
import { plainInstant, relative, wallNow } from '../state/time.js';

/** An instant as people and as machines say it, on the tenant's clock unless it is real time. */
export function Instant({
  at,
  wall = false,
  brief = false,
}: {
  at: string | null;
  wall?: boolean;
  brief?: boolean;
}) {
  if (at === null) return <span class="quiet">none</span>;
  const now = wall ? wallNow.value : tenantNow();
  return (
    <time dateTime={at} title={`${at}${wall ? ' (real time)' : ''}`}>
      {relative(Date.parse(at), now)}
      {!brief && <span class="exact"> {plainInstant(at)}</span>}
    </time>
  );
}
