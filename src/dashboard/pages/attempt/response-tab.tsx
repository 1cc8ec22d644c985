import { BodyView } from '../../parts/body-view.js';
import { Headers } from '../../parts/headers.js';
import { Section } from '../../parts/section.js';
import { Ready } from '../../parts/state.js';
import { getBytes } from '../../state/api.js';
import { useLoad } from '../../state/load.js';
import type { Seen } from '../attempt.js';

/** What a reason means for whoever runs the consumer. */
const HINTS: Readonly<Record<string, string>> = {
  timeout: 'No whole answer came in time. Answer first and work afterwards.',
  refused: 'Nothing listens at that address and port.',
  reset: 'The connection was closed before an answer was complete.',
  dns_error: 'The host name cannot be found.',
  tls_error: 'The TLS handshake failed: look at the certificate.',
  egress_blocked: 'This server may not go there; see RINGER_EGRESS.',
  status_401: 'The consumer refused it: see the Signature tab.',
  status_403: 'The consumer refused it: see the Signature tab.',
  status_404: 'The consumer has nothing at this path.',
  status_410: 'The consumer says that it is gone for good.',
  status_413: 'The consumer takes smaller bodies only.',
  status_429: 'The consumer asks for fewer requests; a rate limit on the subscription does that.',
};

export function ResponseTab({ seen: { attempt, at } }: { seen: Seen }) {
  const { response, reason, timing } = attempt;
  const hint =
    reason === null
      ? null
      : (HINTS[reason] ?? (/^status_5/.test(reason) ? 'The consumer failed; its own log says why.' : null));
  return (
    <div class="stack">
      {reason && (
        <p class="note">
          <strong>{reason.replaceAll('_', ' ')}.</strong> {hint}{' '}
          {attempt.outcome === 'failed' && 'No attempt follows.'}
        </p>
      )}
      <dl class="facts">
        <dt>Connected</dt>
        <dd>{msOf(timing.connectMs, 'the connection stood already')}</dd>
        <dt>First byte</dt>
        <dd>{msOf(timing.firstByteMs, 'none came')}</dd>
        <dt>Whole answer</dt>
        <dd>{msOf(timing.durationMs, '')}</dd>
      </dl>
      {response === null ? (
        <p class="quiet">There was no answer.</p>
      ) : (
        <>
          <p class="request-line mono">
            <strong>{response.status}</strong>
          </p>
          <Section title="Headers">
            <Headers list={response.headers} />
          </Section>
          <Section title="Body">
            {response.truncated && (
              <p class="hint">
                {response.bodyBytes.toLocaleString('en')} bytes came; the first 20,000 are kept.
              </p>
            )}
            {response.body === null ? <p class="quiet">Past the tenant’s retention.</p> : <Body at={at} />}
          </Section>
        </>
      )}
    </div>
  );
}

function msOf(ms: unknown, none: string): string {
  return typeof ms === 'number' ? `${Math.round(ms * 10) / 10} ms` : none;
}

function Body({ at }: { at: string }) {
  const bytes = useLoad(() => getBytes(`${at}?part=response`), at);
  return <Ready of={bytes}>{(value) => <BodyView bytes={value} what="the answer’s body" />}</Ready>;
}
