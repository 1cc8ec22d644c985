import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { PLACES } from './places.js';
import { go, href } from './router.js';

/** Off where somebody's own tools need the letters. */
export const shortcutsOn = signal(localStorage.getItem('ringer-shortcuts') !== 'off');
export const helpOpen = signal(false);

type Action = () => void;

/** What the page on the screen adds, by key. */
const actions = new Map<string, Action[]>();

/** Gives a key a meaning while the component stands. */
export function useKey(key: string, act: Action): void {
  useEffect(() => {
    const stack = actions.get(key) ?? [];
    actions.set(key, [...stack, act]);
    return () =>
      actions.set(
        key,
        (actions.get(key) ?? []).filter((one) => one !== act),
      );
  });
}

export function listenToKeys(): void {
  let going = 0;
  addEventListener('keydown', (event) => {
    if (!shortcutsOn.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
      return;
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select, [contenteditable]')) return;
    if (target.closest('dialog') && event.key !== '?') return;
    const { key } = event;
    if (going > 0) {
      clearTimeout(going);
      going = 0;
      const place = PLACES.find(([, , letter]) => letter === key);
      if (place) {
        event.preventDefault();
        go(href(place[0]));
      }
      return;
    }
    if (key === 'g') going = window.setTimeout(() => (going = 0), 1_500);
    else if (key === 'j' || key === 'ArrowDown') move(1, event);
    else if (key === 'k' || key === 'ArrowUp') move(-1, event);
    else if (key === '?') helpOpen.value = true;
    else if (key === '/') focusFilter(event);
    else if (key === 'u') history.back();
    else actions.get(key)?.at(-1)?.();
  });
}

/** Rows that carry `data-row` are walked through; arrows only scroll until one has the focus. */
function move(step: 1 | -1, event: KeyboardEvent): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  if (at < 0 && event.key.startsWith('Arrow')) return;
  const next = rows[at < 0 ? 0 : at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function focusFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLElement>('main [data-filter]');
  if (!filter) return;
  event.preventDefault();
  filter.focus();
}
