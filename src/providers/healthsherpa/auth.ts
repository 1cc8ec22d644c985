import { z } from 'zod';
import type { HeaderList } from '../contract.js';

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

export const authSetting = z.discriminatedUnion('kind', [
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
]);

export type Auth = z.infer<typeof authSetting>;

export const AUTH_KINDS = ['none', 'apiKey', 'basic', 'bearer', 'customHeaders'] as const;

export const AUTH_SECRETS = ['auth.value', 'auth.password', 'auth.token', 'auth.headers.*'] as const;

/** The headers of the method the consumer asked for; every value is a secret. */
export function authHeaders(auth: Auth): HeaderList {
  switch (auth.kind) {
    case 'none':
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
