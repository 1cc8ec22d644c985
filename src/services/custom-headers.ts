import { MASK } from '../engine/sealed-settings.js';
import { AppError, fewErrors } from '../errors.js';
import type { Profile } from '../providers/contract.js';

const MAX_HEADERS = 20;
const MAX_VALUE_BYTES = 4_096;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;
/** They frame the message or steer the connection, or say what the body is. A trailing `*` is a prefix. */
const RESERVED = [
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'te', 'trailer'],
  ...['expect', 'cookie', 'proxy-*', 'content-type', 'content-encoding'],
];
const SENSITIVE = /auth|key|token|secret|pass|credential|cookie|signature|session/i;

export type Headers = [name: string, value: string][];

/** @throws AppError `invalid_header` naming every header at fault, never its value. */
export function checkHeaders(profile: Profile, headers: Headers): void {
  const reserved = [...RESERVED, ...ownHeaders(profile)];
  const seen = new Set<string>();
  const errors = headers.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    const message = faultOf(lower, value, reserved) ?? (seen.has(lower) ? 'stands twice' : null);
    seen.add(lower);
    return message === null ? [] : [{ path: `headers.${name.slice(0, 100)}`, message }];
  });
  if (headers.length > MAX_HEADERS)
    errors.unshift({
      path: 'headers',
      message: `has ${headers.length} headers; at most ${MAX_HEADERS} are sent`,
    });
  if (errors.length === 0) return;
  const few = fewErrors(errors);
  const detail = few.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new AppError('invalid_header', `${detail}.`, few);
}

function faultOf(name: string, value: string, reserved: readonly string[]): string | null {
  if (!NAME.test(name)) return 'is no header name: use letters, digits and hyphens';
  if (reserved.some((r) => (r.endsWith('*') ? name.startsWith(r.slice(0, -1)) : name === r)))
    return 'is reserved: HTTP or the provider writes it';
  if (value === MASK) return 'has the mask in place of a value; give the value';
  if (value.length > MAX_VALUE_BYTES) return `has more than ${MAX_VALUE_BYTES} bytes`;
  return VALUE.test(value) ? null : 'has a value that is not visible ASCII without spaces around it';
}

function ownHeaders(profile: Profile): string[] {
  const { auth, eventId, policies, reservedHeaders } = profile;
  const own = [...reservedHeaders.value];
  if ('header' in auth.value) own.push(auth.value.header);
  if (eventId.value.kind === 'header') own.push(eventId.value.header);
  if (policies.timestamp.value.kind === 'header') own.push(policies.timestamp.value.header);
  return own.map((name) => name.toLowerCase());
}

/** As they are shown: what looks like a credential by its name is masked. */
export function maskHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name, SENSITIVE.test(name) ? MASK : value]));
}

/** The list a caller gave, masked values being what they were before. */
export function headersFrom(given: Readonly<Record<string, string>>, before: Headers = []): Headers {
  const known = new Map(before.map(([name, value]) => [name.toLowerCase(), value]));
  return Object.entries(given).map(([name, value]) => [
    name,
    value === MASK ? (known.get(name.toLowerCase()) ?? value) : value,
  ]);
}
