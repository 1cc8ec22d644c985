import type { DeliveryResource, EventResource } from '../../services/schemas/deliveries.js';
import { BodyView } from '../parts/body-view.js';
import { Command, Copy } from '../parts/copy.js';
import { curlOf } from '../parts/curl-of.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Empty, Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { useAct } from '../state/act.js';
import { get, getBytes, inTenant, post } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { Refusal } from '../state/refusal.js';
import { href } from '../state/router.js';
import { useNews } from '../state/stream.js';

interface Seen {
  event: EventResource;
  deliveries: DeliveryResource[];
  bytes: Uint8Array | null;
}

/** One event: its bytes, and where they went. */
export function EventPage({ id }: { id: string }) {
  const at = inTenant(`/events/${encodeURIComponent(id)}`);
  const seen = useLoad<Seen>(async () => {
    const [event, { data }, bytes] = await Promise.all([
      get<EventResource>(at),
      get<{ data: DeliveryResource[] }>(inTenant(`/deliveries?eventId=${encodeURIComponent(id)}&limit=200`)),
      getBytes(`${at}?body=raw`).catch((thrown) => {
        if (thrown instanceof Refusal && thrown.code === 'body_gone') return null;
        throw thrown;
      }),
    ]);
    return { event, deliveries: data, bytes };
  }, at);
  useNews(
    ({ type, data }) => type === 'delivery.updated' && data.eventId === id,
    () => void seen.reload(),
  );
  const known = seen.value;
  return (
    <Page
      title={known?.event.type ?? 'Event'}
      lead={
        known && (
          <>
            {known.event.provider}, {known.event.environment} · <Instant at={known.event.createdAt} />
          </>
        )
      }
      actions={known && <Actions seen={known} reload={seen.reload} />}
    >
      <Ready of={seen}>{(value) => <Body seen={value} id={id} />}</Ready>
    </Page>
  );
}

function Actions({ seen: { event, deliveries }, reload }: { seen: Seen; reload: () => Promise<void> }) {
  const { busy, act } = useAct();
  const finished = deliveries.filter(({ status }) => ['delivered', 'failed', 'cancelled'].includes(status));
  const resend = () =>
    void act(async () => {
      for (const { id } of finished) await post(inTenant(`/deliveries/${id}/resend`));
      await reload();
      return `Sent once more to ${finished.length}.`;
    });
  return (
    <>
      {finished.length > 0 && (
        <button type="button" disabled={busy} onClick={resend}>
          Resend to {finished.length === 1 ? 'its subscription' : `all ${finished.length}`}
        </button>
      )}
      <a
        class="button primary"
        href={href(`/catalogue/${event.provider}/${encodeURIComponent(event.type)}`, { from: event.id })}
      >
        Duplicate and edit
      </a>
    </>
  );
}

function Body({ seen: { event, deliveries, bytes }, id }: { seen: Seen; id: string }) {
  return (
    <>
      <Section title="Deliveries">
        {deliveries.length === 0 ? (
          <Empty title="Nobody had subscribed to it.">
            <p>
              <a href={href('/subscriptions', { new: '1', provider: event.provider })}>Add a subscription</a>,
              then duplicate the event.
            </p>
          </Empty>
        ) : (
          <Table
            kind="log cards"
            caption="Deliveries of this event"
            head={['State', 'Delivery', 'Subscription', 'Attempts', 'Next']}
          >
            <tbody>
              {deliveries.map((delivery) => (
                <tr key={delivery.id}>
                  <td>
                    <Status
                      of={delivery.status}
                      text={
                        delivery.reason
                          ? `${delivery.status}: ${delivery.reason.replaceAll('_', ' ')}`
                          : delivery.status
                      }
                    />
                  </td>
                  <td>
                    <a data-row class="mono" href={href(`/deliveries/${delivery.id}`)}>
                      {delivery.id.slice(0, 12)}…{delivery.id.slice(-6)}
                    </a>
                  </td>
                  <td>
                    <a class="mono" href={href(`/subscriptions/${delivery.subscriptionId}`)}>
                      {delivery.subscriptionId.slice(0, 12)}…{delivery.subscriptionId.slice(-6)}
                    </a>
                  </td>
                  <td data-of="attempts">{delivery.attemptCount}</td>
                  <td>{delivery.nextAttemptAt && <Instant at={delivery.nextAttemptAt} brief />}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Section>
      <Section title="Payload">
        {bytes ? (
          <BodyView bytes={bytes} what="the payload" />
        ) : (
          <p class="quiet">Past the tenant’s retention.</p>
        )}
      </Section>
      <Section title="The same from a shell">
        <p>
          <span class="mono wrap">{id}</span> <Copy text={id} what="the event’s id" />
        </p>
        <Command
          text={curlOf('/events', {
            provider: event.provider,
            type: event.type,
            environment: event.environment,
          })}
        />
      </Section>
    </>
  );
}
