import { Source } from './source.js';

/** How sure a fact is, and where it comes from. */
export function Claim({
  of,
}: {
  of: { claim: string; source: string | null; quote?: string | undefined; why?: string | undefined };
}) {
  const more = of.quote ? `“${of.quote}”` : of.why;
  return (
    <span class={`claim ${of.claim}`}>
      {of.claim}
      {of.source && (
        <>
          : <Source of={of.source} />
        </>
      )}
      {more && <span class="why"> {more}</span>}
    </span>
  );
}
