import type { AttemptResource } from '../../../services/schemas/deliveries.js';
import { Copy } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialog.js';
import { Headers } from '../../parts/headers.js';
import { Instant } from '../../parts/instant.js';
import { Status } from '../../parts/mark.js';
import { Ready } from '../../parts/state.js';
import { get, inTenant } from '../../state/api.js';
import { useLoad } from '../../state/load.js';
import { href, setQuery, withQuery } from '../../state/router.js';

/** One attempt beside the log. @param of `dlv_…:2` */
export function AttemptDrawer({ of }: { of: string }) {
  const [delivery = '', number = '1'] = of.split(':');
  const loaded = useLoad(
    () =>
      get<AttemptResource>(
        inTenant(`/deliveries/${encodeURIComponent(delivery)}/attempts/${encodeURIComponent(number)}`),
      ),
    of,
  );
  return (
    <Dialog title={`Attempt ${number}`} drawer close={() => setQuery({ open: null })}>
      <Ready of={loaded}>{(attempt) => <Brief attempt={attempt} delivery={delivery} />}</Ready>
    </Dialog>
  );
}

function Brief({ attempt, delivery }: { attempt: AttemptResource; delivery: string }) {
  const { request, response, outcome, reason, startedAt, durationMs, nextAttemptAt } = attempt;
  const full = href(`/deliveries/${delivery}/attempts/${attempt.number}`);
  return (
    <>
      <p class="drawer-links">
        <a class="button primary" href={full}>
          Open the attempt
        </a>
        <a class="button" href={href(`/deliveries/${delivery}`)}>
          Delivery and timeline
        </a>
        <a class="button" href={withQuery({ open: null, dlv: delivery })}>
          Follow this one
        </a>
      </p>
      <dl class="facts">
        <dt>Outcome</dt>
        <dd>
          <Status of={outcome} text={reason ? reason.replaceAll('_', ' ') : outcome} />
        </dd>
        <dt>Sent</dt>
        <dd>
          <Instant at={startedAt} /> · {durationMs} ms
        </dd>
        <dt>To</dt>
        <dd class="mono wrap">{request.url}</dd>
        <dt>Next</dt>
        <dd>
          <Instant at={nextAttemptAt} />
        </dd>
        <dt>Delivery</dt>
        <dd class="mono wrap">
          {delivery} <Copy text={delivery} what="the delivery’s id" />
        </dd>
      </dl>
      <h3>Request</h3>
      <Headers list={request.headers} />
      <h3>Answer{response && ` ${response.status}`}</h3>
      {response ? (
        <>
          <Headers list={response.headers} />
          <pre tabindex={0}>{response.body ?? 'past its retention'}</pre>
        </>
      ) : (
        <p class="quiet">There was none.</p>
      )}
    </>
  );
}
