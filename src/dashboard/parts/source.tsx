/** Where something is written down: a link where it is one. */
export function Source({ of }: { of: string }) {
  return /^https?:\/\//.test(of) ? (
    <a class="wrap" href={of} rel="noreferrer noopener" target="_blank">
      {of.replace(/^https?:\/\//, '')}
    </a>
  ) : (
    <span class="wrap">{of}</span>
  );
}
