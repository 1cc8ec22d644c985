/** How something went: by shape and by colour, so that neither is needed alone. */
export type Verdict = 'good' | 'bad' | 'waiting' | 'held' | 'ended';

const WORDS: readonly [verdict: Verdict, of: string][] = [
  ['good', 'delivered active pass'],
  ['bad', 'retry failed disabled fail unhealthy'],
  ['waiting', 'pending sending requested configured'],
  ['held', 'held paused'],
];

export function verdictOf(status: string): Verdict {
  return WORDS.find(([, of]) => of.split(' ').includes(status))?.[0] ?? 'ended';
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
