import { signal } from '@preact/signals';
import { Icon } from '../parts/icon.js';
import { type Option, Select } from '../parts/select.js';
import { session, tenantSlug, tenants } from '../state/api.js';
import { clock, tenantNow } from '../state/clock.js';
import { helpOpen } from '../state/keyboard.js';
import { go, href } from '../state/router.js';
import { streamState } from '../state/stream.js';
import { plainInstant, span, wallNow } from '../state/time.js';

export function TopBar() {
  return (
    <header class="top">
      <TenantSwitcher />
      <ClockChip />
      <StreamState />
      <ThemeButton />
      <button type="button" class="bare" aria-label="Keyboard help" onClick={() => (helpOpen.value = true)}>
        <kbd>?</kbd>
      </button>
    </header>
  );
}

/** A tenant's key has but one. */
function TenantSwitcher() {
  const slug = tenantSlug();
  if (session.value?.kind !== 'operator') return <span class="tenant">{slug}</span>;
  const options = tenants.value.map(
    ({ name, slug }): Option => [slug, name.toLowerCase() === slug ? name : `${name} (${slug})`],
  );
  const known = tenants.value.some((tenant) => tenant.slug === slug);
  return (
    <label class="tenant">
      <span class="sr">Tenant</span>
      <Select
        options={known ? options : [[slug, slug], ...options]}
        value={slug}
        choose={(to) => go(`/live?tenant=${encodeURIComponent(to)}`)}
      />
    </label>
  );
}

function ClockChip() {
  const known = clock.value;
  if (!known) return <span class="chip">…</span>;
  const now = tenantNow();
  const ahead = now - wallNow.value;
  const exact = new Date(now).toISOString();
  const mode = { system: 'real time', manual: 'standing', scaled: `×${known.rate}` }[known.mode];
  const apart =
    known.mode === 'system' || Math.abs(ahead) < 1_000 ? '' : `, ${ahead > 0 ? '+' : '−'}${span(ahead)}`;
  return (
    <a class={`chip ${known.mode}`} href={href('/clock')} title={`${exact} on the tenant’s clock`}>
      <Icon name="clock" />
      <span class="chip-time">{plainInstant(exact)}</span>
      <span>{known.running ? 'moving' : mode + apart}</span>
    </a>
  );
}

function StreamState() {
  const text = { connecting: 'connecting', live: 'live', away: 'reconnecting' }[streamState.value];
  return (
    <span class={`stream ${streamState.value}`} role="status">
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

const THEMES = ['auto', 'light', 'dark'] as const;
const theme = signal<(typeof THEMES)[number]>(
  THEMES.find((name) => name === localStorage.getItem('ringer-theme')) ?? 'auto',
);

function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  const turn = () => {
    theme.value = next;
    localStorage.setItem('ringer-theme', next);
    if (next === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
  };
  return (
    <button type="button" class="bare" aria-label={`Theme: ${theme.value}; change to ${next}`} onClick={turn}>
      <Icon name={theme.value} />
    </button>
  );
}
