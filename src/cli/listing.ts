import { type Flag, flag, wholeNumber } from './flags.js';
import type { Page } from './resources.js';
import type { Shell } from './shell.js';

export interface ListFlags {
  limit?: string;
  cursor?: string;
}

export const listFlags = (): Flag[] => [
  flag('--limit <n>', 'how many at once, 1 to 200; default: 50'),
  flag('--cursor <cursor>', 'where the page before ended'),
];

export function pageQuery({ limit, cursor }: ListFlags): {
  limit: number | undefined;
  cursor: string | undefined;
} {
  return { limit: wholeNumber(limit, '--limit'), cursor };
}

/** A page as it is, or its rows; that there is more is talk, not data. */
export function showPage<T>(
  shell: Shell,
  show: (document: unknown, text: () => string) => void,
  page: Page<T>,
  text: (rows: readonly T[]) => string,
): void {
  if (page.data.length === 0) show(page, () => '');
  else show(page, () => text(page.data));
  if (page.data.length === 0) shell.say('none');
  if (page.nextCursor !== null) shell.say(`more: --cursor ${page.nextCursor}`);
}
