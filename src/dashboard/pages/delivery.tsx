import type { AttemptResource, DeliveryResource } from '../../services/schemas/deliveries.js';
import type { PlanResource } from '../../services/schemas/inspection.js';
import { Answer } from '../parts/answer.js';
import { Copy } from '../parts/copy.js';
import { Faults } from '../parts/faults.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Empty, Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { useAct } from '../state/act.js';
import { get, inTenant, post } from '../state/api.js';
import { clock } from '../state/clock.js';
import { useKey } from '../state/keyboard.js';
import { useLoad } from '../state/load.js';
import { attemptsOf } from '../state/profiles.js';
import { Refusal } from '../state/refusal.js';
import { href } from '../state/router.js';
import { useNews } from '../state/stream.js';
import { timeOfDay } from '../state/time.js';
import { Timeline } from './delivery/timeline.js';

type Delivery = DeliveryResource & { attempts: AttemptResource[] };

/** One event on its way to one subscription. */
export function DeliveryPage({ id }: { id: string }) {
  const at = inTenant(`/deliveries/${encodeURIComponent(id)}`);
  const delivery = useLoad(() => get<Delivery>(at), at);
  const plan = useLoad(
    () =>
      get<PlanResource>(`${at}/plan`).catch((thrown) => {
        if (thrown instanceof Refusal && thrown.status === 404) return null;
        throw thrown;
      }),
    at,
  );
  useNews(
    ({ type, data }) =>
      (type === 'delivery.updated' && data.id === id) ||
      (type === 'attempt.settled' && data.deliveryId === id),
    () => void delivery.reload(),
  );
  const known = delivery.value;
  return (
    <Page
      title={known ? `${known.eventType ?? 'Event'}, ${known.status}` : 'Delivery'}
      lead={known && <Lead delivery={known} />}
      actions={known && <Actions delivery={known} at={at} reload={delivery.reload} />}
    >
      <Ready of={delivery}>
        {(found) => (
          <>
            {found.status === 'failed' && found.attempts[0] && <p class="note">{endOf(found.attempts)}</p>}
            {plan.value && <Timeline delivery={found} plan={plan.value} />}
            <Attempts delivery={found} />
            <Facts delivery={found} />
          </>
        )}
      </Ready>
    </Page>
  );
}

function Lead({ delivery }: { delivery: Delivery }) {
  const { status, reason, provider, nextAttemptAt, attemptCount } = delivery;
  const of = attemptsOf(provider);
  return (
    <>
      <Status of={status} text={reason ? `${status}: ${reason.replaceAll('_', ' ')}` : status} /> ·{' '}
      {attemptCount}
      {of !== null && ` of ${of}`} attempts
      {nextAttemptAt && (
        <>
          {' '}
          · next <Instant at={nextAttemptAt} />
        </>
      )}
    </>
  );
}

function Actions({ delivery, at, reload }: { delivery: Delivery; at: string; reload: () => Promise<void> }) {
  const { busy, act } = useAct();
  const { status, nextAttemptAt } = delivery;
  const open = status === 'pending' || status === 'held';
  const verb = (name: string, done: string) => () =>
    void act(async () => {
      await post(`${at}/${name}`);
      await reload();
      return done;
    });
  const retry = verb('retry-now', 'Due now; the schedule goes on from here.');
  const resend = verb('resend', 'Sent once more.');
  const standing = clock.value?.mode === 'manual';
  const advance = () =>
    void act(async () => {
      await post(inTenant('/clock/advance'), { to: nextAttemptAt });
      await reload();
      return 'The clock stands at the next attempt.';
    });
  useKey('r', open ? retry : resend);
  useKey('.', () => {
    if (standing && nextAttemptAt) advance();
  });
  return (
    <>
      {open && (
        <button type="button" class="primary" disabled={busy} onClick={retry}>
          Retry now
        </button>
      )}
      {standing && nextAttemptAt && (
        <button type="button" disabled={busy} onClick={advance}>
          Advance to the next attempt
        </button>
      )}
      {open && (
        <button type="button" class="danger" disabled={busy} onClick={verb('cancel', 'Cancelled.')}>
          Cancel
        </button>
      )}
      {!open && status !== 'sending' && (
        <button type="button" class="primary" disabled={busy} onClick={resend}>
          Resend
        </button>
      )}
    </>
  );
}

function Attempts({ delivery }: { delivery: Delivery }) {
  const { attempts, id } = delivery;
  if (attempts.length === 0)
    return (
      <Empty title="No attempt yet.">
        <p>The first one is made when it is due and its subscription takes events.</p>
      </Empty>
    );
  return (
    <Section title="Attempts">
      <Table
        caption="Attempts in the order they were made"
        head={['Attempt', 'Answer', 'Sent, tenant’s clock', 'Wall clock', '>Took']}
      >
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.id}>
              <td>
                <a data-row href={href(`/deliveries/${id}/attempts/${attempt.number}`)}>
                  Attempt {attempt.number}
                </a>
                {attempt.trigger !== 'scheduled' && <span class="quiet"> {attempt.trigger}</span>}
                <Faults of={attempt} />
              </td>
              <td>
                <Answer outcome={attempt.outcome} status={attempt.response?.status} reason={attempt.reason} />
              </td>
              <td>
                <Instant at={attempt.startedAt} />
              </td>
              <td class="mono">
                <time dateTime={attempt.wallStartedAt} title={attempt.wallStartedAt}>
                  {timeOfDay(attempt.wallStartedAt)}
                </time>
              </td>
              <td class="mono number">{attempt.durationMs} ms</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

/** Why it was given up. */
function endOf(attempts: AttemptResource[]): string {
  const why = attempts.at(-1)?.reason;
  const all = attempts.every(({ reason }) => reason === why);
  return `${all ? 'Every one' : 'The last'} of ${attempts.length} attempts failed: ${why?.replaceAll('_', ' ')}. Given up.`;
}

function Facts({ delivery }: { delivery: Delivery }) {
  const { id, eventId, providerEventId, subscriptionId, createdAt, finishedAt } = delivery;
  return (
    <Section title="What it belongs to">
      <dl class="facts">
        <dt>Event</dt>
        <dd class="wrap">
          <a class="mono" href={href(`/events/${eventId}`)}>
            {eventId}
          </a>
        </dd>
        {providerEventId && (
          <>
            <dt>Provider’s event id</dt>
            <dd class="mono wrap">
              {providerEventId} <Copy text={providerEventId} what="the provider’s event id" />
            </dd>
          </>
        )}
        <dt>Subscription</dt>
        <dd class="wrap">
          <a class="mono" href={href(`/subscriptions/${subscriptionId}`)}>
            {subscriptionId}
          </a>
        </dd>
        <dt>Target</dt>
        <dd class="mono wrap">{delivery.attempts.at(-1)?.request.url ?? 'no attempt yet'}</dd>
        <dt>Delivery</dt>
        <dd class="mono wrap">
          {id} <Copy text={id} what="the delivery’s id" />
        </dd>
        <dt>Created</dt>
        <dd>
          <Instant at={createdAt} />
        </dd>
        <dt>Finished</dt>
        <dd>
          <Instant at={finishedAt} />
        </dd>
      </dl>
    </Section>
  );
}
