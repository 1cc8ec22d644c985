import { type Random, seededRandom } from '../../lib/random.js';
import type { HeaderList, RequestInput, WireRequest } from '../contract.js';
import { mergeHeaders, ownUserAgent, secretHeaderNames } from '../signing/headers.js';
import { hmacSha256 } from '../signing/hmac.js';
import { attemptBody } from '../signing/rebuild.js';
import { formatTimestamp } from '../signing/timestamp.js';

const SIGNATURE = 'x-noyo-signature';

/** Noyo's own verifier splits on `,` and compares the parts untrimmed: a space would make it refuse them. */
const SEPARATOR = ',';

export function request(input: RequestInput): WireRequest {
  const body = attemptBody(input);
  const timestamp = stamp(input);
  const befores = signedBefore(String(input.settings.signedContent), timestamp);
  const live = input.policies.rotation.kind === 'overlap' ? input.secrets : input.secrets.slice(0, 1);
  const signed: HeaderList = live.length > 0 ? [[SIGNATURE, sign(live, befores, body)]] : [];
  return {
    headers: mergeHeaders(
      [
        ['Content-Type', 'application/json'],
        ...signed,
        ['x-noyo-timestamp', timestamp],
        ['x-cloud-trace-context', traceContext(input.random)],
        ['User-Agent', ownUserAgent(input.version, 'noyo')],
      ],
      input.customHeaders,
    ),
    secretHeaders: secretHeaderNames(input.customHeaders),
    signature:
      live.length > 0
        ? {
            scheme: `hmac-sha256 hex over ${input.settings.signedContent}`,
            header: SIGNATURE,
            contents: befores.map((before) => ({ before })),
          }
        : null,
    body,
  };
}

/** One lowercase hex digest per secret and content, newest secret first. */
export function sign(secrets: readonly string[], befores: readonly string[], body: Uint8Array): string {
  return secrets
    .flatMap((secret) => befores.map((before) => hmacSha256(secret, [before, body], 'hex')))
    .join(SEPARATOR);
}

/** What stands before the body in each signed content. */
export function signedBefore(signedContent: string, timestamp: string): string[] {
  if (signedContent === 'body') return [''];
  return signedContent === 'both' ? [`${timestamp}.`, ''] : [`${timestamp}.`];
}

function stamp(input: RequestInput): string {
  const perEvent = input.policies.timestamp.kind === 'header' && input.policies.timestamp.scope === 'event';
  const text = perEvent
    ? formatTimestamp(
        input.eventTimestampMs,
        'isoMicros',
        seededRandom(input.providerEventId ?? input.deliveryId),
      )
    : formatTimestamp(input.timestampMs, 'isoMicros', input.random);
  return input.settings.timestampFraction === 'none' ? text.replace(/\.\d+/, '') : text;
}

/** 32 hex digits and a decimal span id, as Google Cloud writes them; the printed span id fits into 63 bits. */
function traceContext(random: Random): string {
  const trace = Buffer.from(random.bytes(16)).toString('hex');
  const span = Buffer.from(random.bytes(8)).readBigUInt64BE() >> 1n;
  return `${trace}/${span}`;
}
