import { Webhook, WebhookVerificationError } from 'svix';
import { type Arrived, Refusal } from './arrived.js';
import { Book, type Change, type Fields } from './book.js';
import type { Known } from './consumer.js';
import { parseObject, textAt, under } from './payload.js';
import type { Parts } from './receive.js';
import { remember } from './seen.js';
import { demand, demandRecent, hmac, required, sameText } from './verify.js';

const KNOWN = [
  ...['contact.acceptsEmail.changed', 'contact.acceptsSms.changed', 'contact.acceptsPostal.changed'],
  ...['contact.consent.changed', 'loyalty.addPoints', 'point.balance.updated', 'reward.voucher.created'],
  ...['promotion.multichannel.assigned', 'contact.created', 'contact.updated', 'contact.deleted'],
];

export function voyado({ secret }: Known): Parts {
  return {
    verify: (arrived) => verifyWithSvix(secret, arrived),
    parse: parseObject,
    read: readVoyado,
    seen: remember(),
    book: new Book(),
  };
}

/** Svix's own package; it parses too, which is not its business here. */
export function verifyWithSvix(secret: string, { headers, body }: Arrived): void {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  } catch (error) {
    if (error instanceof WebhookVerificationError) throw new Refusal(401, 'not authenticated');
    if (!(error instanceof SyntaxError)) throw error;
  }
}

/** What a check by hand begins with. Svix's headers may be white-labelled. */
export function svixHeaders({ headers }: Arrived) {
  const of = (name: string) =>
    required(headers, `svix-${name}` in headers ? `svix-${name}` : `webhook-${name}`);
  return { id: of('id'), timestamp: of('timestamp'), signatures: of('signature').split(' ') };
}

/** `v1,<base64>` over `<id>.<timestamp>.<raw body>`, with the bytes behind `whsec_` as the key. */
export function svixSignature(
  secret: string,
  { id, timestamp }: { id: string; timestamp: string },
  body: Buffer,
) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${hmac(key, [`${id}.${timestamp}.`, body]).digest('base64')}`;
}

/** The same as the package does, by hand. @param window other limits than 5 minutes, milliseconds */
export function verifyByHand(
  secret: string,
  arrived: Arrived,
  window?: { pastMs?: number; futureMs?: number },
): void {
  const { signatures, ...signed } = svixHeaders(arrived);
  const expected = svixSignature(secret, signed, arrived.body);
  demand(signatures.some((signature) => sameText(signature, expected)));
  demandRecent(Number(signed.timestamp) * 1000, window);
}

/** Duplicates by `svix-id`, the same on every attempt of a message. */
export function readVoyado(payload: Fields, arrived: Arrived) {
  const [type, about] = [textAt(payload, 'eventType') ?? '', under(payload, 'payload')];
  const contact = textAt(about, 'contactId') ?? textAt(about, 'ContactId');
  if (!KNOWN.includes(type) || contact === null) return null;
  return { id: svixHeaders(arrived).id, object: `contact:${contact}`, change: changeOf(type, about) };
}

/**
 * No payload says when it happened, so nothing may depend on order: points are added up, vouchers and promotions are
 * sets, a deletion is final, and what else has changed is to be fetched from Engage.
 */
function changeOf(type: string, about: Fields): Change {
  return (known) => {
    const { points = 0, granted = [], ...before } = (known?.fields ?? {}) as Account;
    const grant = textAt(about, 'UniqueCode') ?? textAt(about, 'promotionId');
    // In ten-thousandths, so that the sum does not depend on the order of its parts.
    const added = type === 'loyalty.addPoints' ? Math.round(Number(about.amount ?? 0) * 10_000) : 0;
    return {
      order: { atMs: 0, rank: 0 },
      fields: {
        status: type === 'contact.deleted' || before.status === 'deleted' ? 'deleted' : 'known',
        points: points + added,
        granted: grant === null ? granted : [...new Set([...granted, grant])].sort(),
      },
    };
  };
}

interface Account {
  status?: string;
  points?: number;
  granted?: readonly string[];
}
