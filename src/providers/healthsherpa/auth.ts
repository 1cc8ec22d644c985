import { z } from 'zod';
import type { Access, TokenGrant } from '../access.js';
import type { Asked, HeaderList } from '../contract.js';
import type { Tls } from './tls.js';

/** Not for credentials: HTTP's own, and what the provider sets. */
const RESERVED = new Set([
  ...['host', 'connection', 'content-length', 'content-type', 'content-encoding', 'expect', 'keep-alive'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'x-webhook-signature'],
]);

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, 'is not a header name')
  .refine((name) => !RESERVED.has(name.toLowerCase()), 'is a header that cannot carry credentials');

const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/, 'must be 1 to 4096 visible ASCII characters');

const visibleText = z
  .string()
  .regex(/^[\x20-\x7e]{1,1000}$/, 'must be 1 to 1000 visible ASCII characters or spaces');

export const authSetting = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('apiKey'),
      header: headerName.default('X-API-Key'),
      value: headerValue,
    }),
    z.strictObject({
      kind: z.literal('basic'),
      username: z.string().regex(/^[^:\p{Cc}]*$/u, 'must have no colon and no control characters'),
      password: z.string().regex(/^\P{Cc}*$/u, 'must have no control characters'),
    }),
    z.strictObject({
      kind: z.literal('bearer'),
      token: z.string().regex(/^[A-Za-z0-9\-._~+/]+=*$/, 'is not a bearer token (RFC 6750)'),
    }),
    z.strictObject({ kind: z.literal('customHeaders'), headers: z.record(headerName, headerValue) }),
    z.strictObject({
      kind: z.literal('oauth2'),
      tokenUrl: z.string().min(1).max(2048).describe('Where a token is asked for, by client credentials.'),
      clientId: visibleText,
      clientSecret: visibleText,
      scope: z
        .string()
        .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'is no scope (RFC 6749 §3.3)')
        .nullable()
        .default(null),
      audience: visibleText.nullable().default(null),
      clientAuthentication: z
        .enum(['basic', 'body'])
        .default('basic')
        .describe('How the client proves itself to the token endpoint.'),
    }),
  ],
  {
    error: 'kind must be one of none, apiKey, basic, bearer, customHeaders, oauth2',
  },
);

export type Auth = z.infer<typeof authSetting>;

export const AUTH_SECRETS = [
  ...['auth.value', 'auth.password', 'auth.token', 'auth.headers.*', 'auth.clientSecret', 'tls.key'],
] as const;

/** How a consumer asks for each: what goes into its subscription. The last three may go with any of the others. */
export const AUTH_ASKED: Readonly<Record<string, Asked>> = {
  none: { settings: { auth: { kind: 'none' } } },
  apiKey: { settings: { auth: { kind: 'apiKey', header: 'X-API-Key', value: 'KEY' } } },
  basic: { settings: { auth: { kind: 'basic', username: 'USER', password: 'PASSWORD' } } },
  bearer: { settings: { auth: { kind: 'bearer', token: 'TOKEN' } } },
  customHeaders: { settings: { auth: { kind: 'customHeaders', headers: { 'X-Own': 'VALUE' } } } },
  oauth2: {
    settings: {
      auth: {
        kind: 'oauth2',
        tokenUrl: 'https://id.example.com/token',
        clientId: 'ID',
        clientSecret: 'SECRET',
      },
    },
  },
  hmac: { secret: 'SECRET' },
  mtls: { settings: { tls: { certificate: 'CERTIFICATE_PEM', key: 'KEY_PEM' } } },
  ownCa: { settings: { tls: { ca: 'CA_PEM' } } },
};

/** What headers alone cannot do: a token that has to be fetched, and the certificates of the connection. */
export function access({ auth, tls }: { auth: Auth; tls: Tls }): Access {
  return {
    grant: auth.kind === 'oauth2' ? grantOf(auth) : null,
    tls: tls.certificate === null && tls.ca === null ? null : { at: 'tls', ...tls },
  };
}

function grantOf({ kind, ...asked }: Extract<Auth, { kind: 'oauth2' }>): TokenGrant {
  return { kind: 'clientCredentials', at: 'auth', ...asked };
}

/** The headers of the method the consumer asked for; every value is a secret. */
export function authHeaders(auth: Auth): HeaderList {
  switch (auth.kind) {
    case 'none':
    case 'oauth2':
      return [];
    case 'apiKey':
      return [[auth.header, auth.value]];
    case 'basic':
      return [['Authorization', `Basic ${base64(`${auth.username}:${auth.password}`)}`]];
    case 'bearer':
      return [['Authorization', `Bearer ${auth.token}`]];
    case 'customHeaders':
      return Object.entries(auth.headers);
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
