import { Mark } from './mark.js';

/** What came back for an attempt, or why nothing did. */
export function Answer({
  outcome,
  status,
  reason,
}: {
  outcome: string;
  status: number | null | undefined;
  reason: string | null;
}) {
  const words = { retry: 'failed, goes on', failed: 'failed for good' }[outcome] ?? outcome;
  return (
    <span class={`status ${outcome === 'delivered' ? 'good' : 'bad'}`}>
      <Mark of={outcome} />
      <span class="mono">{status ?? ''}</span>
      {reason && !/^status_/.test(reason) && <span> {reason.replaceAll('_', ' ')}</span>}
      <span class="sr"> {words}</span>
    </span>
  );
}
