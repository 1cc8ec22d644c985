import type { RequestInput, WireRequest } from '../contract.js';
import { mergeHeaders, ownUserAgent, secretHeaderNames } from '../signing/headers.js';
import { attemptBody } from '../signing/rebuild.js';

/** Nothing is signed: the subscription's secret itself is the value of `x-api-key`. */
export function request(input: RequestInput): WireRequest {
  const { customHeaders, secrets, version } = input;
  const body = attemptBody(input);
  const key = secrets[0];
  return {
    headers: mergeHeaders(
      [
        ['Content-Type', 'application/json'],
        ['User-Agent', ownUserAgent(version, 'novamed')],
        ...(key === undefined ? [] : [['x-api-key', key] as const]),
      ],
      customHeaders,
    ),
    secretHeaders: ['x-api-key', ...secretHeaderNames(customHeaders)],
    signature: null,
    ...(body === input.body ? {} : { body }),
  };
}
