const PATHS = {
  live: 'M2 8h3l2-5 3 10 2-5h2',
  events: 'M3 4h10M3 8h10M3 12h6',
  subscriptions: 'M7 5H5a3 3 0 0 0 0 6h2M9 5h2a3 3 0 0 1 0 6H9M6 8h4',
  catalogue: 'M3 3h4v10H3zM9 3h4v4H9zM9 9h4v4H9z',
  checks: 'M3 8.5l3 3 7-7',
  clock: 'M8 2a6 6 0 0 0 0 12A6 6 0 0 0 8 2zM8 5v3l2 1',
  api: 'M5 5L2 8l3 3M11 5l3 3-3 3',
  copy: 'M6 5V3h7v7h-2M3 6h7v7H3z',
  light: 'M8 5a3 3 0 0 0 0 6 3 3 0 0 0 0-6zM8 1v2M8 13v2M1 8h2M13 8h2',
  dark: 'M13 10A6 6 0 0 1 6 3a6 6 0 1 0 7 7z',
  auto: 'M8 2a6 6 0 0 0 0 12zM8 2a6 6 0 0 1 0 12',
  close: 'M4 4l8 8M12 4l-8 8',
  menu: 'M2 4h12M2 8h12M2 12h12',
} as const;

export type IconName = keyof typeof PATHS;

/** Beside words only, so that it needs no name of its own. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
