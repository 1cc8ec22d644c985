import { computed, signal } from '@preact/signals';

/** Where the page stands: every state worth a link is in here. */
export const url = signal(new URL(location.href));
export const path = computed(() => url.value.pathname);
export const query = computed(() => url.value.searchParams);

/** @param to a path with its query, as in an `href`. */
export function go(to: string, { replace = false } = {}): void {
  const before = url.value.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  url.value = new URL(location.href);
  if (url.value.pathname !== before) {
    scrollTo(0, 0);
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }
}

/** Changes some of the query and keeps the rest; null takes a name out. */
export function setQuery(changes: Readonly<Record<string, string | null>>, { push = false } = {}): void {
  go(withQuery(changes), { replace: !push });
}

export function withQuery(changes: Readonly<Record<string, string | null>>): string {
  const next = new URL(url.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  return next.pathname + next.search;
}

/** A link into the page, in the same tenant. */
export function href(to: string, more: Readonly<Record<string, string>> = {}): string {
  const next = new URL(to, location.origin);
  const tenant = query.value.get('tenant');
  if (tenant) next.searchParams.set('tenant', tenant);
  for (const [name, value] of Object.entries(more)) next.searchParams.set(name, value);
  return next.pathname + next.search;
}

/** Plain links stay plain links; those within the page are followed without a load. */
export function followLinks(): void {
  addEventListener('popstate', () => {
    url.value = new URL(location.href);
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.hash || link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
