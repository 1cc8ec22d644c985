import type { ComponentChild, FunctionComponent } from 'preact';
import { lazy } from '../parts/lazy.js';
import { Page } from '../parts/page.js';
import { Empty } from '../parts/state.js';
import { href } from '../state/router.js';
import { AttemptPage } from './attempt.js';
import { CataloguePage } from './catalogue.js';
import { CheckRunPage } from './check-run.js';
import { ChecksPage } from './checks.js';
import { ClockPage } from './clock.js';
import { DeliveryPage } from './delivery.js';
import { EventPage } from './event.js';
import { EventTypePage } from './event-type.js';
import { EventsPage } from './events.js';
import { LivePage } from './live.js';
import { ProviderPage } from './provider.js';
import { SubscriptionPage } from './subscription.js';
import { SubscriptionsPage } from './subscriptions.js';

/** Larger than it is used: fetched when it is wanted. */
const ApiPage = lazy(async () => (await import('./api.js')).ApiPage);

/** What stands at a path; `{id}` in a pattern becomes a prop of the same name. */
// biome-ignore lint/suspicious/noExplicitAny: each page names its own parts of the path.
const PAGES: [pattern: string, page: FunctionComponent<any>][] = [
  ['/live', LivePage],
  ['/catalogue', CataloguePage],
  ['/catalogue/{provider}', ProviderPage],
  ['/catalogue/{provider}/{type}', EventTypePage],
  ['/api-docs', ApiPage],
  ['/checks', ChecksPage],
  ['/checks/{id}', CheckRunPage],
  ['/clock', ClockPage],
  ['/subscriptions', SubscriptionsPage],
  ['/subscriptions/{id}', SubscriptionPage],
  ['/events', EventsPage],
  ['/events/{id}', EventPage],
  ['/deliveries/{id}', DeliveryPage],
  ['/deliveries/{id}/attempts/{number}', AttemptPage],
];

export function pageFor(path: string): ComponentChild {
  for (const [pattern, Found] of PAGES) {
    const match = matched(pattern, path);
    if (match) return <Found {...match} />;
  }
  return (
    <Page title="Nothing here">
      <Empty title="There is no page at this address.">
        <p>
          <a href={href('/live')}>Go to the live log</a>
        </p>
      </Empty>
    </Page>
  );
}

/** @returns the parts of the path that the pattern names; null where it is another path. */
function matched(pattern: string, path: string): Record<string, string> | null {
  const match = new RegExp(`^${pattern.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path);
  return (
    match &&
    Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  );
}
