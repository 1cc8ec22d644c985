import { asText, utf8 } from '../../lib/bytes.js';
import { MASK } from '../../lib/mask.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import type { TokenGrant } from '../../providers/access.js';
import type { HeaderList } from '../../providers/contract.js';
import type { Answer } from '../egress/exchange.js';

/** A token without `expires_in` is used for so long, milliseconds. */
const DEFAULT_LIFE_MS = 300_000;

/** The form that asks for a token: RFC 6749 §4.4.2, the client's proof as §2.3.1 has it. Pure. */
export function tokenRequest(grant: TokenGrant): { headers: HeaderList; body: Uint8Array } {
  const { clientId, clientSecret, scope, audience, clientAuthentication } = grant;
  const basic = clientAuthentication === 'basic';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === null ? {} : { scope }),
    ...(audience === null ? {} : { audience }),
    ...(basic ? {} : { client_id: clientId, client_secret: clientSecret }),
  });
  return {
    headers: [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Accept', 'application/json'],
      ...(basic ? [['Authorization', basicOf(clientId, clientSecret)] as const] : []),
    ],
    body: utf8(form.toString()),
  };
}

/** Characters shown of what a refusal says. */
const EXCERPT = 200;

export type TokenAnswer =
  | { kind: 'token'; value: string; lifeMs: number }
  /** The same client will not get one. */
  | { kind: 'refused'; why: string }
  | { kind: 'failed'; why: string; again: boolean };

/** What the endpoint said: RFC 6749 §5. Pure. @param grant what it was asked with, so that none of it is repeated. */
export function readTokenAnswer({ status, body, truncated }: Answer, grant: TokenGrant): TokenAnswer {
  const why = `status ${status}${excerptOf(body, grant)}`;
  if (status === 408 || status === 429 || status >= 500) return { kind: 'failed', why, again: true };
  if ([400, 401, 403].includes(status)) return { kind: 'refused', why };
  if (status !== 200 && status !== 201) return { kind: 'failed', why, again: false };
  const document = truncated ? null : jsonOf(body);
  const { access_token: value, token_type: type, expires_in: seconds } = document ?? {};
  // Visible ASCII: what a header can carry.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    return { kind: 'failed', why: 'an answer without access_token', again: false };
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer')
    return { kind: 'failed', why: 'a token that is not of type Bearer', again: false };
  const lifeMs = Number(seconds ?? Number.NaN) * 1_000;
  return { kind: 'token', value, lifeMs: Number.isFinite(lifeMs) ? Math.max(0, lifeMs) : DEFAULT_LIFE_MS };
}

/** Both parts are form-encoded before they are joined, unlike in plain HTTP Basic. */
function basicOf(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from([clientId, clientSecret].map(formEncoded).join(':')).toString('base64')}`;
}

function formEncoded(part: string): string {
  return new URLSearchParams({ part }).toString().slice(5);
}

function jsonOf(body: Uint8Array): { [key: string]: Json } | null {
  try {
    const document: unknown = JSON.parse(asText(body));
    return isObject(document) ? (document as { [key: string]: Json }) : null;
  } catch {
    return null;
  }
}

/** Its beginning, on one line; an endpoint may repeat what it was sent, and a secret is masked however it was written. */
function excerptOf(body: Uint8Array, { clientId, clientSecret }: TokenGrant): string {
  const basic = basicOf(clientId, clientSecret).slice('Basic '.length);
  let text = asText(body);
  for (const secret of [
    basic,
    clientSecret,
    formEncoded(clientSecret),
    encodeURIComponent(clientSecret),
    inJson(clientSecret),
  ])
    if (secret !== '') text = text.replaceAll(secret, MASK);
  const line = text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line}`;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
