import type { Arrived } from './arrived.js';
import { Book, type Fields, newest } from './book.js';
import type { Known } from './consumer.js';
import { isFields, parseObject, textAt, under } from './payload.js';
import type { Parts } from './receive.js';
import { remember } from './seen.js';
import { demand, hmac, required, sameText } from './verify.js';

/** `unknown` and `blank` say nothing, so anything else of the same day is worth more. */
const LIFE = ['blank', 'unknown', 'pending_effectuation', 'effectuated', 'cancelled', 'terminated'];

/** Asked for no authentication and was given a signing secret at onboarding. */
export function healthSherpaSigned({ secret }: Known): Parts {
  return { ...healthSherpa(), verify: (arrived) => verifySignature(secret, arrived) };
}

/** Asked for an API key in `X-API-Key`. */
export function healthSherpaKeyed({ secret }: Known): Parts {
  return {
    ...healthSherpa(),
    verify: ({ headers }) => demand(sameText(required(headers, 'x-api-key'), secret)),
  };
}

/** HMAC-SHA-256 over the raw body, hex, in `X-Webhook-Signature`. No time is signed, so none is checked. */
export function verifySignature(secret: string, { headers, body }: Arrived): void {
  const given = required(headers, 'x-webhook-signature');
  demand(sameText(given, hmac(secret, [body]).digest('hex')));
}

function healthSherpa(): Omit<Parts, 'verify'> {
  return { parse: parseObject, read: readHealthSherpa, seen: remember(), book: new Book() };
}

/**
 * There is no event id. The provider's own words on duplicates are application, status and timestamp; on-exchange
 * bodies have no application, there the transaction stands for it.
 */
export function readHealthSherpa(payload: Fields) {
  const type = textAt(payload, 'event_type') ?? '';
  const [application, transaction] = [textAt(payload, 'application_id'), textAt(payload, 'transaction_id')];
  const thing = application === null ? `transaction:${transaction}` : `application:${application}`;
  if (!['submission', 'sync'].includes(type) || (application ?? transaction) === null) return null;
  const status = textAt(payload, 'policy_status') ?? 'pending_effectuation';
  const at = textAt(payload, 'event_timestamp') ?? '';
  const order = { atMs: Date.parse(at) || 0, rank: LIFE.indexOf(status) };
  const paid = textAt(paymentOf(payload), 'payment_status');
  const fields = { status, ...(paid === null ? {} : { paid }) };
  const id = [thing, transaction, type, status, at].join('|');
  return { id, object: thing, change: newest(order, fields) };
}

/** On-exchange it stands at the top, off-exchange in the policy. */
function paymentOf(payload: Fields): Fields {
  const [policy] = Array.isArray(payload.policies) ? payload.policies : [];
  return isFields(policy) ? under(policy, 'payment') : under(payload, 'payment');
}
