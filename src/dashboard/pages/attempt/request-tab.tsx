import { BodyView } from '../../parts/body-view.js';
import { Copy } from '../../parts/copy.js';
import { Headers } from '../../parts/headers.js';
import { Section } from '../../parts/section.js';
import type { Seen } from '../attempt.js';

export function RequestTab({ seen: { attempt, delivery, body } }: { seen: Seen }) {
  const { method, url, headers } = attempt.request;
  const before = delivery.attempts.find(({ number }) => number === attempt.number - 1);
  return (
    <div class="stack">
      <p class="request-line mono">
        <strong>{method}</strong> <span class="wrap">{url}</span> <Copy text={url} what="the URL" />
      </p>
      <Section title="Headers">
        {before && <p class="hint">Marked: what differs from attempt {before.number}.</p>}
        <Headers list={headers} {...(before ? { before: before.request.headers } : {})} />
      </Section>
      <Section title="Body">
        {body ? (
          <BodyView bytes={body} what="the body sent" />
        ) : (
          <p class="quiet">{attempt.request.bodyBytes} bytes, past the tenant’s retention.</p>
        )}
      </Section>
    </div>
  );
}
