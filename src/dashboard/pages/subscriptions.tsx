import type { LoggedAttempt } from '../../services/schemas/deliveries.js';
import type { SubscriptionResource } from '../../services/schemas/subscriptions.js';
import { Command } from '../parts/copy.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Empty, Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { get, inTenant } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { profileOf } from '../state/profiles.js';
import { href, query, setQuery, withQuery } from '../state/router.js';
import { useNews } from '../state/stream.js';
import { CreateDialog } from './subscriptions/create-dialog.js';
import { OutcomeDots } from './subscriptions/outcome-dots.js';

interface Seen {
  subscriptions: SubscriptionResource[];
  more: string | null;
  attempts: LoggedAttempt[];
}

const DOTS = 12;

export function SubscriptionsPage() {
  const cursor = query.value.get('cursor');
  const at = inTenant(`/subscriptions?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
  const seen = useLoad<Seen>(async () => {
    const [{ data, nextCursor }, attempts] = await Promise.all([
      get<{ data: SubscriptionResource[]; nextCursor: string | null }>(at),
      get<{ data: LoggedAttempt[] }>(inTenant('/attempts?limit=200')),
    ]);
    return { subscriptions: data, more: nextCursor, attempts: attempts.data };
  }, at);
  useNews(
    ({ type }) => type === 'subscription.updated' || type === 'attempt.settled',
    () => void seen.reload(),
  );
  return (
    <Page
      title="Subscriptions"
      lead="Who is told what, and how that goes."
      actions={
        <a class="button primary" href={withQuery({ new: '1' })}>
          New subscription
        </a>
      }
    >
      <Ready of={seen}>
        {({ subscriptions, more, attempts }) =>
          subscriptions.length === 0 ? (
            <Empty title="Nobody is subscribed.">
              <p>Give a consumer’s URL to a provider, here or from a shell:</p>
              <Command text="npm run -s ringer -- subscriptions add --provider … --to http://127.0.0.1:3000/webhooks" />
            </Empty>
          ) : (
            <>
              <SubscriptionTable subscriptions={subscriptions} attempts={attempts} />
              {more && (
                <button type="button" onClick={() => setQuery({ cursor: more }, { push: true })}>
                  Older
                </button>
              )}
            </>
          )
        }
      </Ready>
      {query.value.get('new') && <CreateDialog made={seen.reload} />}
    </Page>
  );
}

function SubscriptionTable({ subscriptions, attempts }: Omit<Seen, 'more'>) {
  return (
    <Table
      kind="log cards"
      caption="Subscriptions, newest first"
      head={['Health', 'To', 'Provider', 'Last attempts', 'Events']}
    >
      <tbody>
        {subscriptions.map(({ id, url, provider, status, unhealthySince, environment, events }) => (
          <tr key={id}>
            <td>
              <Status of={status} />
              {unhealthySince && (
                <span class="quiet">
                  {' '}
                  since <Instant at={unhealthySince} brief />
                </span>
              )}
            </td>
            <td class="url">
              <a data-row href={href(`/subscriptions/${id}`)} title={url}>
                {url}
              </a>
            </td>
            <td>
              {profileOf(provider)?.name ?? provider} <span class="quiet">{environment}</span>
            </td>
            <td>
              <OutcomeDots
                attempts={attempts.filter(({ subscriptionId }) => subscriptionId === id).slice(0, DOTS)}
              />
            </td>
            <td data-of="events">{events === null ? <span class="quiet">all</span> : events.length}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
