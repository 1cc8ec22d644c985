import { useSignal } from '@preact/signals';
import { Copy } from './copy.js';

/** Masked until somebody wants to see it. */
export function Secret({ value }: { value: string }) {
  const seen = useSignal(false);
  return (
    <p class="row">
      <code class="wrap">{seen.value ? value : '•'.repeat(24)}</code>
      <button type="button" aria-pressed={seen.value} onClick={() => (seen.value = !seen.value)}>
        {seen.value ? 'Hide' : 'Reveal'}
      </button>
      <Copy text={value} what="the secret" label="Copy" />
    </p>
  );
}
