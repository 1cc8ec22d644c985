import type { z } from 'zod';
import type { explained } from '../../../services/schemas/inspection.js';
import { Command, Copy } from '../../parts/copy.js';
import { struck } from '../../parts/faults.js';
import { Status } from '../../parts/mark.js';
import { Ready } from '../../parts/state.js';
import { post } from '../../state/api.js';
import { tenantNow } from '../../state/clock.js';
import { useLoad } from '../../state/load.js';
import { span, wallNow } from '../../state/time.js';
import type { Seen } from '../attempt.js';
import { Received } from './received.js';

export type Explained = z.output<typeof explained>;

/** How the signature came about, step by step, and what went wrong where somebody received something else. */
export function SignatureTab({ seen }: { seen: Seen }) {
  const explained = useLoad(() => post<Explained>(`${seen.at}/verify`), seen.at);
  return (
    <Ready of={explained}>
      {(found) => (
        <div class="stack">
          {found.scheme === null ? <Unsigned found={found} /> : <Steps found={found} seen={seen} />}
          {found.verifier && (
            <details>
              <summary>Code that verifies it</summary>
              <Command text={found.verifier} what="the verifier" />
            </details>
          )}
          <Received seen={seen} signed={found.scheme !== null} />
        </div>
      )}
    </Ready>
  );
}

function Unsigned({ found }: { found: Explained }) {
  return (
    <p class="note">
      {found.header
        ? `Nothing is signed: ${found.header.name} carries the shared key.`
        : 'Nothing was signed, and no shared key was sent: a consumer cannot tell who sent this.'}
    </p>
  );
}

function Steps({ found, seen }: { found: Explained; seen: Seen }) {
  const { signed, keys, header, scheme, timestamp } = found;
  const onPurpose = struck(seen.attempt);
  return (
    <ol class="steps">
      <li>
        <h2>What goes in</h2>
        <dl class="facts">
          {seen.delivery.providerEventId && (
            <>
              <dt>id</dt>
              <dd class="mono wrap">{seen.delivery.providerEventId}</dd>
            </>
          )}
          {timestamp && (
            <>
              <dt>{timestamp.header}</dt>
              <dd class="mono">
                {timestamp.value}
                {timestamp.at && <span class="quiet"> = {timestamp.at}</span>}
              </dd>
            </>
          )}
          <dt>body</dt>
          <dd>
            {signed?.bodyBytes} bytes, SHA-256 <span class="mono wrap">{signed?.bodySha256}</span>
          </dd>
        </dl>
      </li>
      <li>
        <h2>The exact string that is signed</h2>
        <SignedString before={signed?.before ?? ''} body={seen.body} />
      </li>
      <li>
        <h2>The key</h2>
        <ul>
          {keys.map(({ how, bytes }, i) => (
            <li key={i}>
              {how}: {bytes} bytes <span class="quiet">(never shown)</span>
            </li>
          ))}
          {keys.length === 0 && <li class="quiet">Its subscription is gone, and its secret with it.</li>}
        </ul>
      </li>
      <li>
        <h2>HMAC</h2>
        <p class="mono">{scheme}</p>
        <dl class="facts">
          <dt>{header?.name}, as sent</dt>
          <dd class="mono wrap">
            {header?.received} {header?.received && <Copy text={header.received} what="the signature" />}
          </dd>
          {header?.expected.map((value, i) => (
            <div key={i}>
              <dt>computed{header.expected.length > 1 && `, key ${i + 1}`}</dt>
              <dd class="mono wrap">{value}</dd>
            </div>
          ))}
        </dl>
        {header && header.expected.length > 1 && (
          <p class="hint">Several secrets sign while they overlap; one that fits is enough.</p>
        )}
        <p>
          <Status
            of={found.verdict === 'valid' ? 'pass' : onPurpose ? 'held' : 'fail'}
            text={
              found.verdict === 'valid'
                ? 'They are the same.'
                : onPurpose
                  ? `Ringer changed this on purpose (${onPurpose}): a consumer is right to refuse it.`
                  : found.causes.map(({ text }) => text).join('; ')
            }
          />
        </p>
      </li>
      {timestamp?.at && <Tolerance atMs={Date.parse(timestamp.at)} />}
    </ol>
  );
}

const MARKS: Readonly<Record<string, string>> = {
  '\n': '⏎\n',
  '\r': '␍',
  '\t': '⇥',
  '\u00a0': '⍽',
  '\ufeff': '[BOM]',
};

/** With its invisible bytes marked. */
function SignedString({ before, body }: { before: string; body: Uint8Array | null }) {
  const text = body ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(body) : '';
  const whole = before + text;
  const mark = (part: string) => part.replace(/[\n\r\t\u00a0\ufeff]/g, (found) => MARKS[found] ?? found);
  return (
    <div class="command">
      <pre tabindex={0} class="signed">
        <mark>{mark(before)}</mark>
        {body ? mark(text) : '{body, past its retention}'}
      </pre>
      <Copy text={whole} what="the signed string" />
    </div>
  );
}

const TOLERATED_MS = 300_000;

/** A verifier compares with its own clock: against either one the window may be over. */
function Tolerance({ atMs }: { atMs: number }) {
  const clocks: [name: string, nowMs: number][] = [
    ['real time', wallNow.value],
    ['the tenant’s clock', tenantNow()],
  ];
  return (
    <li>
      <h2>Tolerance</h2>
      <p class="hint">Verifiers take a timestamp for {span(TOLERATED_MS)} around their own clock.</p>
      <ul>
        {clocks.map(([name, nowMs]) => {
          const age = nowMs - atMs;
          const inside = Math.abs(age) <= TOLERATED_MS;
          return (
            <li key={name}>
              <Status
                of={inside ? 'pass' : 'cancelled'}
                text={`${name}: ${span(age)} ${age < 0 ? 'ahead' : 'old'}, ${inside ? 'accepted now' : 'refused now'}`}
              />
            </li>
          );
        })}
      </ul>
    </li>
  );
}
