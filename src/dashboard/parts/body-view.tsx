import { useSignal } from '@preact/signals';
import { Choice } from './choice.js';
import { Copy } from './copy.js';

type Form = 'pretty' | 'text' | 'hex';

/** Bytes as people read them: only ever as text. */
export function BodyView({ bytes, what }: { bytes: Uint8Array; what: string }) {
  const chosen = useSignal<Form | null>(null);
  const text = new TextDecoder().decode(bytes);
  const pretty = prettyOf(text);
  const form = chosen.value ?? (pretty === null ? 'text' : 'pretty');
  if (bytes.length === 0) return <p class="quiet">Empty: 0 bytes.</p>;
  const shown = form === 'hex' ? hexOf(bytes) : form === 'pretty' ? (pretty ?? text) : text;
  return (
    <div class="body">
      <div class="row">
        <Choice
          name={`Show ${what}`}
          value={form}
          options={{ pretty: 'pretty', text: 'exact text', hex: 'bytes' }}
          off={pretty === null && 'pretty'}
          choose={(next) => (chosen.value = next)}
        />
        <span class="quiet">{bytes.length.toLocaleString('en')} bytes</span>
        <Copy text={text} what={what} label="Copy exact text" />
      </div>
      <pre tabindex={0}>{shown}</pre>
    </div>
  );
}

function prettyOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}

const MOST_HEX = 16_384;

function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, MOST_HEX); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > MOST_HEX) lines.push(`… and ${bytes.length - MOST_HEX} bytes more`);
  return lines.join('\n');
}
