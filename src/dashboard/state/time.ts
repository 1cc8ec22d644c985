import { signal } from '@preact/signals';

/** Real time, milliseconds; moves once a second while the page is seen. */
export const wallNow = signal(Date.now());

export function tickWall(): void {
  setInterval(() => {
    if (!document.hidden) wallNow.value = Date.now();
  }, 1_000);
}

const UNITS: [ms: number, name: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** `3 d 4 h`, `12 m 5 s`, `340 ms`: the two largest parts that are there. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(size)} ms`;
  const first = UNITS.findIndex(([unit]) => size >= unit);
  const [unit, name] = UNITS[first]!;
  const whole = Math.floor(size / unit);
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((size - whole * unit) / next[0]) : 0;
  return rest > 0 ? `${whole} ${name} ${rest} ${next![1]}` : `${whole} ${name}`;
}

/** `in 5 m`, `3 h ago`, `now` */
export function relative(atMs: number, nowMs: number): string {
  const gap = atMs - nowMs;
  if (Math.abs(gap) < 1_000) return 'now';
  const [unit, name] = UNITS.find(([size]) => Math.abs(gap) >= size)!;
  const text = `${Math.floor(Math.abs(gap) / unit)} ${name}`;
  return gap > 0 ? `in ${text}` : `${text} ago`;
}

/** `09:30:00.123`, UTC as everything here. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 23);
}

/** `2026-01-31 08:00:00`, UTC. */
export function plainInstant(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}
