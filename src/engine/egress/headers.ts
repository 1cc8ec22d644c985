import type { HeaderList } from '../../providers/contract.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
/** Visible ASCII, space and tab: anything else (CR, LF, NUL, Latin-1) could end the header or be read differently. */
const VALUE = /^[\t\x20-\x7e]*$/;

/** They frame the message or steer the connection; the connection writes those it needs. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names seen to be fine, so that the same dozen is not checked 20,000 times a second. Emptied when full. */
const fine = new Set<string>();
const REMEMBERED = 1000;

/** Why this header cannot be sent, for people, or null. The value is never repeated: it may be a secret. */
export function headerFault(name: string, value: string): string | null {
  if (!fine.has(name)) {
    if (!TOKEN.test(name)) return `"${name.slice(0, 50)}" is no header name: use letters, digits and hyphens`;
    if (OURS.has(name.toLowerCase())) return `${name} is written by the connection itself: leave it out`;
    if (fine.size >= REMEMBERED) fine.clear();
    fine.add(name);
  }
  return VALUE.test(value) ? null : `${name} has a character outside of visible ASCII in its value`;
}

/** The first fault of a list, or null. */
export function headersFault(headers: HeaderList): string | null {
  for (const [name, value] of headers) {
    const fault = headerFault(name, value);
    if (fault !== null) return fault;
  }
  return null;
}
