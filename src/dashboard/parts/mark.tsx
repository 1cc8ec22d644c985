/** How something went: by shape and by colour, so that neither is needed alone. */
export type Verdict = 'good' | 'bad' | 'waiting' | 'held' | 'ended';

const VERDICTS: Readonly<Record<string, Verdict>> = {
  delivered: 'good',
  active: 'good',
  pass: 'good',
  retry: 'bad',
  failed: 'bad',
  disabled: 'bad',
  fail: 'bad',
  unhealthy: 'bad',
  pending: 'waiting',
  sending: 'waiting',
  requested: 'waiting',
  configured: 'waiting',
  held: 'held',
  paused: 'held',
  cancelled: 'ended',
};

export function verdictOf(status: string): Verdict {
  return VERDICTS[status] ?? 'ended';
}

export function Mark({ of }: { of: string }) {
  const verdict = verdictOf(of);
  return (
    <svg class={`mark ${verdict}`} viewBox="0 0 12 12" aria-hidden="true">
      {verdict === 'good' && <circle cx="6" cy="6" r="4" />}
      {verdict === 'bad' && <path d="M2.5 2.5l7 7M9.5 2.5l-7 7" />}
      {verdict === 'waiting' && <circle cx="6" cy="6" r="3.5" />}
      {verdict === 'held' && <path d="M4 2.5v7M8 2.5v7" />}
      {verdict === 'ended' && <rect x="2.5" y="2.5" width="7" height="7" />}
    </svg>
  );
}

/** A status with its mark. */
export function Status({ of, text = of }: { of: string; text?: string }) {
  return (
    <span class={`status ${verdictOf(of)}`}>
      <Mark of={of} />
      {text}
    </span>
  );
}
