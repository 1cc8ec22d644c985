import type { HeaderList, RequestInput, SignatureRule, WireRequest } from '../contract.js';
import { mergeHeaders, ownUserAgent, secretHeaderNames } from '../signing/headers.js';
import { hmacSha256 } from '../signing/hmac.js';
import { attemptBody } from '../signing/rebuild.js';
import { authHeaders } from './auth.js';
import type { SubscriptionSettings } from './settings.js';

const SIGNATURE = 'X-Webhook-Signature';

/** What a consumer with a secret checks. */
export const signature: SignatureRule = {
  kind: 'signature',
  header: SIGNATURE,
  algorithm: 'hmac-sha256',
  encoding: 'hex',
  prefix: '',
  content: '{body}',
  separator: '',
  key: 'utf8',
};

/** The consumer's own authentication, and a signature over the raw body where a secret was set. */
export function request(input: RequestInput): WireRequest {
  const { customHeaders, secrets, version } = input;
  const { auth } = input.settings as SubscriptionSettings;
  const body = attemptBody(input);
  const credentials = authHeaders(auth);
  const secret = secrets[0];
  const own: HeaderList = [
    ['Content-Type', 'application/json'],
    ['Accept', '*/*'],
    ['User-Agent', ownUserAgent(version, 'healthsherpa')],
    ...(secret === undefined ? [] : [[SIGNATURE, hmacSha256(secret, [body], 'hex')] as const]),
  ];
  return {
    headers: mergeHeaders(mergeHeaders(own, credentials), customHeaders),
    secretHeaders: [...credentials.map(([name]) => name.toLowerCase()), ...secretHeaderNames(customHeaders)],
    signature:
      secret === undefined
        ? null
        : { scheme: 'hmac-sha256 hex over body', header: SIGNATURE, contents: [{ before: '' }] },
    ...(body === input.body ? {} : { body }),
  };
}
