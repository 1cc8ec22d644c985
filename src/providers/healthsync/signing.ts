import { uuid4 } from '../../lib/ids.js';
import type { HeaderList, RequestInput, WireRequest } from '../contract.js';
import { mergeHeaders, ownUserAgent, secretHeaderNames } from '../signing/headers.js';
import { hmacSha256 } from '../signing/hmac.js';
import { attemptBody } from '../signing/rebuild.js';

const SIGNATURE = 'X-HealthSync-Signature';

export function request(input: RequestInput): WireRequest {
  const body = attemptBody(input);
  const secret = input.secrets[0];
  const signed: HeaderList = secret === undefined ? [] : [[SIGNATURE, sign(secret, body)]];
  return {
    headers: mergeHeaders(
      [
        ['Content-Type', 'application/json'],
        ...signed,
        ['X-HealthSync-Event', input.type],
        [
          'X-HealthSync-Delivery',
          input.settings.deliveryId === 'attempt' ? uuid4(input.random) : input.deliveryId,
        ],
        ['User-Agent', ownUserAgent(input.version, 'healthsync')],
      ],
      input.customHeaders,
    ),
    secretHeaders: secretHeaderNames(input.customHeaders),
    signature:
      secret === undefined
        ? null
        : { scheme: 'hmac-sha256 hex over body', header: SIGNATURE, contents: [{ before: '' }] },
    body,
  };
}

/** One secret at a time: the header is `sha256=` and a single digest, compared whole by the printed verifiers. */
export function sign(secret: string, body: Uint8Array): string {
  return `sha256=${hmacSha256(secret, [body], 'hex')}`;
}
