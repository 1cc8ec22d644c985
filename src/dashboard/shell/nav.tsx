import { Icon, type IconName } from '../parts/icon.js';
import { href, path } from '../state/router.js';

const PLACES: [to: string, icon: IconName, name: string, also?: string][] = [
  ['/live', 'live', 'Live', '/deliveries'],
  ['/events', 'events', 'Events'],
  ['/subscriptions', 'subscriptions', 'Subscriptions'],
  ['/catalogue', 'catalogue', 'Catalogue'],
  ['/clock', 'clock', 'Clock'],
  ['/checks', 'checks', 'Checks'],
  ['/api-docs', 'api', 'API'],
];

export function Nav() {
  const links = PLACES.map(([to, icon, name, also]) => {
    const here = path.value.startsWith(to) || (also !== undefined && path.value.startsWith(also));
    return (
      <li key={to}>
        <a href={href(to)} aria-current={here ? 'page' : undefined}>
          <Icon name={icon} />
          {name}
        </a>
      </li>
    );
  });
  return (
    <nav aria-label="Pages" class="nav">
      <a class="brand" href={href('/live')}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M8 22c2-2 2.500-4 2.500-8a5.500 5.500 0 0 1 11 0c0 4 .5 6 2.500 8z" />
          <circle cx="16" cy="25" r="2" />
        </svg>
        Ringer
      </a>
      <ul class="wide">{links}</ul>
      <details class="narrow" key={path.value}>
        <summary>
          <Icon name="menu" />
          {PLACES.find(([to]) => path.value.startsWith(to))?.[2] ?? 'Pages'}
        </summary>
        <ul>{links}</ul>
      </details>
    </nav>
  );
}
