import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { z } from 'zod';
import type { DeliveryResource, LoggedAttempt, stats } from '../../services/schemas/deliveries.js';
import type { SecretResource, SubscriptionResource } from '../../services/schemas/subscriptions.js';
import { Copy } from '../parts/copy.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { useAct } from '../state/act.js';
import { call, get, inTenant, post } from '../state/api.js';
import { useKey } from '../state/keyboard.js';
import { useLoad } from '../state/load.js';
import { profileOf } from '../state/profiles.js';
import { go, href } from '../state/router.js';
import { say } from '../state/say.js';
import { useNews } from '../state/stream.js';
import { OutcomeDots } from './subscriptions/outcome-dots.js';
import { Recover } from './subscriptions/recover.js';
import { Secrets } from './subscriptions/secrets.js';
import { SubscriptionForm } from './subscriptions/subscription-form.js';

type Stats = z.output<typeof stats>;

interface Seen {
  subscription: SubscriptionResource;
  stats: Stats;
  secrets: SecretResource[];
  attempts: LoggedAttempt[];
  deliveries: DeliveryResource[];
}

/** One consumer's URL at one provider. */
export function SubscriptionPage({ id }: { id: string }) {
  const own = encodeURIComponent(id);
  const at = inTenant(`/subscriptions/${own}`);
  const seen = useLoad<Seen>(async () => {
    const [subscription, stats, secrets, attempts, deliveries] = await Promise.all([
      get<SubscriptionResource>(at),
      get<Stats>(`${at}/stats`),
      get<{ data: SecretResource[] }>(`${at}/secrets`),
      get<{ data: LoggedAttempt[] }>(inTenant(`/attempts?subscriptionId=${own}&limit=20`)),
      get<{ data: DeliveryResource[] }>(inTenant(`/deliveries?subscriptionId=${own}&limit=20`)),
    ]);
    return {
      subscription,
      stats,
      secrets: secrets.data,
      attempts: attempts.data,
      deliveries: deliveries.data,
    };
  }, at);
  // What is removed here is not read once more.
  const gone = useRef(false);
  useNews(
    ({ data }) => data.id === id || data.subscriptionId === id,
    () => {
      if (!gone.current) void seen.reload();
    },
  );
  const known = seen.value?.subscription;
  return (
    <Page
      title={known ? known.url.replace(/^https?:\/\//, '') : 'Subscription'}
      lead={
        known && (
          <>
            <Status of={known.status} /> · {profileOf(known.provider)?.name ?? known.provider},{' '}
            {known.environment}
          </>
        )
      }
      actions={known && <Actions subscription={known} at={at} reload={seen.reload} gone={gone} />}
    >
      <Ready of={seen}>{(value) => <Parts seen={value} at={at} reload={seen.reload} />}</Ready>
    </Page>
  );
}

function Actions({
  subscription,
  at,
  reload,
  gone,
}: {
  subscription: SubscriptionResource;
  at: string;
  reload: () => Promise<void>;
  gone: RefObject<boolean>;
}) {
  const { busy, act } = useAct();
  const sure = useSignal(false);
  const active = subscription.status === 'active' || subscription.status === 'unhealthy';
  const verb = (name: string, done: string) =>
    void act(async () => {
      await post(`${at}/${name}`);
      await reload();
      return done;
    });
  const test = () => verb('test', 'A test event is on its way.');
  useKey('t', test);
  const ask = () => {
    sure.value = true;
  };
  const remove = () =>
    void act(async () => {
      gone.current = true;
      await call('DELETE', at);
      go(href('/subscriptions'));
      return 'Removed; its history stays.';
    });
  return (
    <>
      <button type="button" class="primary" disabled={busy} onClick={test}>
        Send test event
      </button>
      {active ? (
        <button type="button" disabled={busy} onClick={() => verb('pause', 'Paused: everything is held.')}>
          Pause
        </button>
      ) : (
        <button type="button" disabled={busy} onClick={() => verb('resume', 'Active again.')}>
          Resume
        </button>
      )}
      <a class="button" href={href('/live', { sub: subscription.id })}>
        Follow live
      </a>
      <a class="button" href={href('/checks', { sub: subscription.id })}>
        Check it
      </a>
      <button
        type="button"
        class="danger"
        disabled={busy}
        onClick={() => (sure.value ? remove() : ask())}
        onBlur={() => (sure.value = false)}
      >
        {sure.value ? 'Yes, remove it' : 'Remove'}
      </button>
    </>
  );
}

function Parts({ seen, at, reload }: { seen: Seen; at: string; reload: () => Promise<void> }) {
  const { subscription, stats, secrets, attempts, deliveries } = seen;
  const profile = profileOf(subscription.provider);
  const { busy, act } = useAct();
  return (
    <div class="two">
      <div>
        <Section title="Health">
          <dl class="facts">
            <dt>Last attempts</dt>
            <dd>
              <OutcomeDots attempts={attempts} />
            </dd>
            <dt>Unhealthy since</dt>
            <dd>
              <Instant at={subscription.unhealthySince} />
            </dd>
            <dt>Failing since</dt>
            <dd>
              <Instant at={subscription.failingSince} />
            </dd>
            <dt>Delivered</dt>
            <dd>
              {stats.delivered} of {stats.delivered + stats.failed}
              {stats.rate !== null && `, ${Math.round(stats.rate * 100)} %`}; {stats.pending} pending
            </dd>
            <dt>Answers</dt>
            <dd class="mono">
              {Object.entries(stats.byStatusCode)
                .map(([code, count]) => `${code} × ${count}`)
                .join(', ') || 'none'}
            </dd>
            <dt>95 % within</dt>
            <dd>{stats.p95Ms === null ? 'nothing yet' : `${Math.round(stats.p95Ms)} ms`}</dd>
            <dt>Id</dt>
            <dd class="mono wrap">
              {subscription.id} <Copy text={subscription.id} what="the subscription’s id" />
            </dd>
          </dl>
        </Section>
        <Section title="Deliveries">
          {deliveries.length === 0 ? (
            <p class="quiet">None yet; a test event makes the first.</p>
          ) : (
            <Deliveries list={deliveries} />
          )}
        </Section>
        <Recover at={at} busy={busy} act={act} reload={reload} />
      </div>
      <div>
        {profile && profile.secret.value.use !== 'none' && (
          <Secrets at={at} secrets={secrets} profile={profile} reload={reload} />
        )}
        <Section title="Settings">
          {profile && (
            <SubscriptionForm
              key={subscription.updatedAt}
              profile={profile}
              known={subscription}
              done="Save"
              submit={async (body) => {
                await call('PATCH', at, body);
                await reload();
                say('Saved; it holds from the next attempt.');
              }}
            />
          )}
          <details>
            <summary>What holds now</summary>
            <pre tabindex={0}>{JSON.stringify(subscription.settings, null, 2)}</pre>
          </details>
        </Section>
      </div>
    </div>
  );
}

function Deliveries({ list }: { list: readonly DeliveryResource[] }) {
  return (
    <Table kind="log cards" caption="The newest deliveries" head={['State', 'Event', 'Attempts', 'Created']}>
      <tbody>
        {list.map(({ id, status, eventType, attemptCount, createdAt }) => (
          <tr key={id}>
            <td>
              <Status of={status} />
            </td>
            <td>
              <a data-row href={href(`/deliveries/${id}`)}>
                {eventType}
              </a>
            </td>
            <td data-of="attempts">{attemptCount}</td>
            <td>
              <Instant at={createdAt} brief />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
