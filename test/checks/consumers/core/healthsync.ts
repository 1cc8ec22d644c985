import type { Arrived } from './arrived.js';
import { Book, type Fields, newest } from './book.js';
import type { Known } from './consumer.js';
import { only, parseObject, textAt, under } from './payload.js';
import type { Parts } from './receive.js';
import { remember } from './seen.js';
import { demand, hmac, required, sameText } from './verify.js';

/** What happens to each thing, in the order of its life. */
export const LIVES: Readonly<Record<string, readonly string[]>> = {
  document: ['uploaded', 'updated', 'shared', 'deleted'],
  analysis: ['failed', 'completed'],
  user: ['updated'],
  family_member: ['added', 'removed'],
  share: ['created', 'accessed', 'expired', 'revoked'],
};

const KEPT = ['filename', 'category', 'file_size', 'shared_with', 'name', 'error'];

export function healthsync({ secret }: Known): Parts {
  return {
    verify: (arrived) => verifyHealthSync(secret, arrived),
    parse: parseObject,
    read: readHealthSync,
    seen: remember(),
    book: new Book(),
  };
}

/** `sha256=` and the HMAC over the raw body, hex. No time is signed, so none is checked. */
export function verifyHealthSync(secret: string, { headers, body }: Arrived): void {
  demand(sameText(required(headers, 'x-healthsync-signature'), expectedOf(secret, body)));
}

export function expectedOf(secret: string, body: Buffer): string {
  return `sha256=${hmac(secret, [body]).digest('hex')}`;
}

/** Duplicates by the event's `id`; the newer by `created_at`. */
export function readHealthSync(payload: Fields) {
  const [kind = '', change = ''] = (textAt(payload, 'type') ?? '').split('.');
  const object = under(under(payload, 'data'), 'object');
  const [id, thing] = [textAt(payload, 'id'), textAt(object, 'id')];
  const rank = LIVES[kind]?.indexOf(change) ?? -1;
  if (rank < 0 || id === null || thing === null) return null;
  const order = { atMs: Date.parse(textAt(payload, 'created_at') ?? '') || 0, rank };
  return { id, object: `${kind}:${thing}`, change: newest(order, { status: change, ...only(object, KEPT) }) };
}
