import { Icon, type IconName } from '../parts/icon.js';
import { PLACES } from '../state/places.js';
import { href, path } from '../state/router.js';

export function Nav() {
  const at = path.value;
  const isHere = ([to, , , also]: (typeof PLACES)[number]) =>
    at.startsWith(to) || (also !== undefined && at.startsWith(also));
  const links = PLACES.map((place) => {
    const [to, name] = place;
    return (
      <li key={to}>
        <a href={href(to)} aria-current={isHere(place) ? 'page' : undefined}>
          <Icon name={name.toLowerCase() as IconName} />
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
          <path d="M8 22c2-2 2.5-4 2.5-8a5.5 5.5 0 0 1 11 0c0 4 .5 6 2.5 8z" />
          <circle cx="16" cy="25" r="2" />
        </svg>
        Ringer
      </a>
      <ul class="wide">{links}</ul>
      <details class="narrow" key={at}>
        <summary>
          <Icon name="menu" />
          {PLACES.find(isHere)?.[1] ?? 'Pages'}
        </summary>
        <ul>{links}</ul>
      </details>
    </nav>
  );
}
