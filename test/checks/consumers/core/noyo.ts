import type { Arrived } from './arrived.js';
import { Book, type Fields, newest } from './book.js';
import type { Known } from './consumer.js';
import { parseObject, textAt, under } from './payload.js';
import type { Parts } from './receive.js';
import { remember } from './seen.js';
import { demand, demandRecent, hmac, required, sameText } from './verify.js';

/** The types we act on, and what is told by the type alone. */
const KNOWN = [
  ...['member_snapshot.status_change', 'member_snapshot_carrier_fulfillment_status.status_change'],
  ...['difference.created', 'difference.discrepancy', 'difference.replaced', 'difference.resolved'],
  ...['group.created', 'group_connection_request.created', 'group_connection_request.status_change'],
  ...['group_disconnection_request.created', 'group_disconnection_request.status_change'],
];

/** Within one second, the later in this list is the later in life; what is not in it comes first. */
const LIFE = ['created', 'submitted', 'processing', 'discrepancy', 'completed', 'replaced', 'resolved'];

export function noyo({ secret }: Known): Parts {
  return {
    verify: (arrived) => verifyNoyo(secret, arrived),
    parse: parseObject,
    read: readNoyo,
    seen: remember(),
    book: new Book(),
  };
}

/** HMAC-SHA-256 over `<x-noyo-timestamp>.<raw body>`, hex, in a list that commas part; at most 5 minutes off. */
export function verifyNoyo(secret: string, { headers, body }: Arrived): void {
  const timestamp = required(headers, 'x-noyo-timestamp');
  const expected = expectedOf(secret, timestamp, body);
  const given = required(headers, 'x-noyo-signature').split(',');
  demand(given.some((signature) => sameText(signature.trim(), expected)));
  demandRecent(Date.parse(timestamp));
}

export function expectedOf(secret: string, timestamp: string, body: Buffer | string): string {
  return hmac(secret, [`${timestamp}.`, body]).digest('hex');
}

/** Duplicates by `event.id`; the newer by `event.created`. */
export function readNoyo(payload: Fields) {
  const [event, data] = [under(payload, 'event'), under(payload, 'data')];
  const [id, type] = [textAt(event, 'id'), textAt(event, 'type') ?? ''];
  const thing = textAt(data, 'id') ?? textAt(data, 'member_snapshot_id');
  if (!KNOWN.includes(type) || id === null || thing === null) return null;
  const [kind, change] = type.split('.') as [string, string];
  const status = textAt(data, 'status') ?? change;
  const order = { atMs: Number(event.created) * 1000, rank: LIFE.indexOf(status) };
  return { id, object: `${kind}:${thing}`, change: newest(order, { status }) };
}
