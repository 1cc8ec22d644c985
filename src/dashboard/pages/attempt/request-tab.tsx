import { BodyView } from '../../parts/body-view.js';
import { Copy } from '../../parts/copy.js';
import { Headers } from '../../parts/headers.js';
import type { Seen } from '../attempt.js';

export function RequestTab({ seen: { attempt, delivery, body } }: { seen: Seen }) {
  const { method, url, headers } = attempt.request;
  const before = delivery.attempts.find(({ number }) => number === attempt.number - 1);
  return (
    <div class="stack">
      <p class="request-line mono">
        <strong>{method}</strong> <span class="wrap">{url}</span> <Copy text={url} what="the URL" />
      </p>
      <section aria-labelledby="headers-title">
        <h2 id="headers-title">Headers</h2>
        {before && <p class="hint">Marked: what differs from attempt {before.number}.</p>}
        <Headers list={headers} {...(before ? { before: before.request.headers } : {})} />
      </section>
      <section aria-labelledby="body-title">
        <h2 id="body-title">Body</h2>
        {body ? (
          <BodyView bytes={body} what="the body sent" />
        ) : (
          <p class="quiet">{attempt.request.bodyBytes} bytes, past the tenant’s retention.</p>
        )}
      </section>
    </div>
  );
}
