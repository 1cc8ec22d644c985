import type { Arrived } from './arrived.js';
import { Book, type Fields, newest } from './book.js';
import type { Known } from './consumer.js';
import { only, parseObject, textAt, under } from './payload.js';
import type { Parts } from './receive.js';
import { remember } from './seen.js';
import { demand, required, sameText } from './verify.js';

/** What happens to each thing, in the order of its life. */
export const LIVES: Readonly<Record<string, readonly string[]>> = {
  order: ['created', 'processing', 'shipped', 'delivered', 'cancelled'],
  medication_request: ['created', 'approved', 'filled', 'cancelled'],
  refill: ['requested', 'approved', 'denied'],
};

const KEPT = ['tracking_number', 'carrier', 'estimated_delivery', 'medication_name', 'quantity', 'refills'];

export function novamed({ secret }: Known): Parts {
  return {
    verify: (arrived) => verifyKey(secret, arrived),
    parse: parseObject,
    read: readNovaMed,
    seen: remember(),
    book: new Book(),
  };
}

/** A shared value in `x-api-key` is all there is: no signature, no timestamp. */
export function verifyKey(secret: string, { headers }: Arrived): void {
  demand(sameText(required(headers, 'x-api-key'), secret));
}

/** Duplicates by `event_id`; the newer by `timestamp`. */
export function readNovaMed(payload: Fields) {
  const [kind = '', change = ''] = (textAt(payload, 'event_type') ?? '').split(':');
  const data = under(payload, 'data');
  const [id, thing] = [textAt(payload, 'event_id'), textAt(data, `${kind}_id`)];
  const rank = LIVES[kind]?.indexOf(change) ?? -1;
  if (rank < 0 || id === null || thing === null) return null;
  const order = { atMs: Date.parse(textAt(payload, 'timestamp') ?? '') || 0, rank };
  return { id, object: `${kind}:${thing}`, change: newest(order, { status: change, ...only(data, KEPT) }) };
}
