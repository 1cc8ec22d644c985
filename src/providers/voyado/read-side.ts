import { z } from 'zod';
import { isoMillis } from '../../lib/clock.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import type { DoorRoute } from '../front-door.js';
import type { PortTold } from '../life.js';
import { readRoute } from '../read-side.js';
import { decryptToken } from './encryption.js';
import { tenantOf } from './settings.js';

const preference = z.boolean().nullable();

const answer = z.strictObject({
  id: z.string(),
  createdOn: z.string(),
  updatedOn: z.string(),
  preferences: z.strictObject({
    acceptsEmail: preference,
    acceptsSms: preference,
    acceptsPostal: preference,
  }),
  consents: z.array(z.strictObject({ id: z.string(), value: z.boolean().nullable() })),
  pointAccounts: z.array(z.looseObject({ definitionId: z.unknown(), balance: z.number() })),
  vouchers: z.array(z.looseObject({ id: z.string() })),
  promotions: z.array(z.strictObject({ promotionId: z.string(), assignedOn: z.string() })),
});

type Payload = { [key: string]: Json };

/** The contact as the events left it; gone after `contact.deleted`, there again after `contact.created`. */
function contact(
  id: string,
  told: readonly PortTold[],
  settings: Readonly<Record<string, unknown>>,
): Json | null {
  const { encryptionKey } = tenantOf({ settings });
  const from = told.findLastIndex(({ type }) => type === 'contact.created');
  const begun = told.slice(Math.max(0, from));
  if (begun.some(({ type }) => type === 'contact.deleted')) return null;
  const of = (type: string) =>
    begun.flatMap((one) => {
      const payload = one.type === type ? payloadOf(one.body, encryptionKey) : null;
      return payload ? [{ payload, on: isoMillis(one.createdAtMs) }] : [];
    });
  const accepts = (channel: string) =>
    of(`contact.accepts${channel}.changed`).at(-1)?.payload[`accepts${channel}`] ?? null;
  const lastBy = (type: string, key: string) =>
    new Map(of(type).map(({ payload }) => [payload[key] ?? null, payload]));
  return {
    id,
    createdOn: isoMillis(begun[0]!.createdAtMs),
    updatedOn: isoMillis(begun.at(-1)!.createdAtMs),
    preferences: {
      acceptsEmail: accepts('Email'),
      acceptsSms: accepts('Sms'),
      acceptsPostal: accepts('Postal'),
    },
    consents: [...lastBy('contact.consent.changed', 'consentId')].map(([consentId, payload]) => ({
      id: consentId,
      value: payload.value ?? null,
    })),
    pointAccounts: [...lastBy('point.balance.updated', 'definitionId').values()].map(
      ({ contactId, ...account }) => account,
    ),
    vouchers: of('reward.voucher.created').map(({ payload: { ContactId, ...voucher } }) =>
      camelCased(voucher),
    ),
    promotions: of('promotion.multichannel.assigned').map(({ payload, on }) => ({
      promotionId: payload.promotionId ?? '',
      assignedOn: on,
    })),
  };
}

/** The payload in the clear; null where it cannot be read any more, such as after a change of the key. */
function payloadOf(body: Json | null, key: string | null): Payload | null {
  const open = (token: Json | undefined): Json | null => {
    if (typeof token !== 'string' || key === null) return null;
    const text = decryptToken(token, key);
    return text === null ? null : (JSON.parse(text) as Json);
  };
  const clear = typeof body === 'string' ? open(body) : body;
  if (!isObject(clear)) return null;
  const payload = typeof clear.payload === 'string' ? open(clear.payload) : clear.payload;
  return isObject(payload) ? payload : null;
}

/** Vouchers are told in PascalCase; the API writes camelCase. */
function camelCased(payload: Payload): Payload {
  return Object.fromEntries(
    Object.entries(payload).map(([key, value]) => [key[0]!.toLowerCase() + key.slice(1), value]),
  );
}

export const readRoutes: readonly DoorRoute[] = [
  readRoute({
    path: '/api/v3/contacts/{id}',
    summary: 'A contact, as far as it was told of',
    claim: assumedClaim('Engage has an API of version 3; its contact is not printed where we could read it.'),
    kinds: ['contact'],
    byEnvironment: false,
    answer,
    notFound: (id) => `Contact ${id} not found.`,
    read: contact,
  }),
];
