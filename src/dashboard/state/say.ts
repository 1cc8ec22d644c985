import { signal } from '@preact/signals';

/** The one line that is read out and shown for a moment. */
export const said = signal<{ text: string; wrong: boolean } | null>(null);
let timer = 0;

export function say(text: string, { wrong = false } = {}): void {
  said.value = { text, wrong };
  clearTimeout(timer);
  timer = window.setTimeout(
    () => {
      said.value = null;
    },
    wrong ? 12_000 : 5_000,
  );
}
