import { span } from '../../state/time.js';

/** A rule's value in words: `kind` first, milliseconds as spans. */
export function Value({ of }: { of: unknown }) {
  if (typeof of !== 'object' || of === null || Array.isArray(of))
    return <span class={Array.isArray(of) ? 'mono wrap' : ''}>{worded('', of)}</span>;
  const { kind, ...rest } = of as Record<string, unknown>;
  return (
    <div class="value">
      {kind !== undefined && <strong>{String(kind)}</strong>}
      {Object.entries(rest).map(([name, value]) => (
        <span key={name}>
          <span class="quiet">{name.replace(/Ms$/, '')}</span>{' '}
          <span class="mono wrap">{worded(name, value)}</span>
        </span>
      ))}
    </div>
  );
}

function worded(name: string, value: unknown): string {
  if (value === null || value === '') return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value === 'number' && /ms$/i.test(name)) return span(value);
  if (Array.isArray(value)) return value.map((one) => worded(name, one)).join(', ') || 'none';
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([key, one]) => `${key.replace(/Ms$/, '')} ${worded(key, one)}`)
      .join(', ');
  return String(value);
}
