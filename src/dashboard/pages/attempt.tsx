import type { AttemptResource, DeliveryResource } from '../../services/schemas/deliveries.js';
import { copyText } from '../parts/copy.js';
import { Faults } from '../parts/faults.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Ready } from '../parts/state.js';
import { get, getBytes, inTenant } from '../state/api.js';
import { useKey } from '../state/keyboard.js';
import { useLoad } from '../state/load.js';
import { Refusal } from '../state/refusal.js';
import { href, query, withQuery } from '../state/router.js';
import { asCurl, CopyTab } from './attempt/copy-tab.js';
import { RequestTab } from './attempt/request-tab.js';
import { ResponseTab } from './attempt/response-tab.js';
import { SignatureTab } from './attempt/signature-tab.js';

type Delivery = DeliveryResource & { attempts: AttemptResource[] };

export interface Seen {
  attempt: AttemptResource;
  delivery: Delivery;
  /** Below the API: of this attempt. */
  at: string;
  /** Null past the tenant's retention. */
  body: Uint8Array | null;
}

const TABS = { request: 'Request', response: 'Answer', signature: 'Signature', copy: 'Copy as' } as const;
type Tab = keyof typeof TABS;

/** One HTTP request and everything that came back, to the byte. */
export function AttemptPage({ id, number }: { id: string; number: string }) {
  const delivery = inTenant(`/deliveries/${encodeURIComponent(id)}`);
  const at = `${delivery}/attempts/${encodeURIComponent(number)}`;
  const seen = useLoad<Seen>(async () => {
    const [attempt, found, body] = await Promise.all([
      get<AttemptResource>(at),
      get<Delivery>(delivery),
      getBytes(`${at}?part=request`).catch((thrown) => {
        if (thrown instanceof Refusal && thrown.code === 'body_gone') return null;
        throw thrown;
      }),
    ]);
    return { attempt, delivery: found, at, body };
  }, at);
  const wanted = query.value.get('tab') ?? 'request';
  const tab: Tab = wanted in TABS ? (wanted as Tab) : 'request';
  useKey('y', () => {
    if (seen.value) void copyText(asCurl(seen.value), 'the request as curl');
  });
  return (
    <Page
      title={
        seen.value ? `${seen.value.delivery.eventType ?? 'Event'}, attempt ${number}` : `Attempt ${number}`
      }
      lead={seen.value && <Lead seen={seen.value} />}
      actions={
        <a class="button" href={href(`/deliveries/${id}`)}>
          The whole delivery
        </a>
      }
    >
      <nav class="tabs" aria-label="Parts of the attempt">
        {(Object.entries(TABS) as [Tab, string][]).map(([name, text]) => (
          <a
            key={name}
            href={withQuery({ tab: name === 'request' ? null : name })}
            aria-current={name === tab ? 'page' : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      <Ready of={seen}>
        {(value) => (
          <>
            {tab === 'request' && <RequestTab seen={value} />}
            {tab === 'response' && <ResponseTab seen={value} />}
            {tab === 'signature' && <SignatureTab seen={value} />}
            {tab === 'copy' && <CopyTab seen={value} />}
          </>
        )}
      </Ready>
    </Page>
  );
}

function Lead({ seen }: { seen: Seen }) {
  const { outcome, reason, startedAt, durationMs } = seen.attempt;
  return (
    <>
      <Status of={outcome} text={reason ? reason.replaceAll('_', ' ') : outcome} /> ·{' '}
      <Instant at={startedAt} /> · {durationMs} ms
      <Faults of={seen.attempt} />
    </>
  );
}
