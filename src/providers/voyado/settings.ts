import { z } from 'zod';
import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Claim, Shape } from '../contract.js';
import { coreSettingClaims, coreSettings } from '../core-settings.js';
import { readSettingClaims, readSettings } from '../read-side.js';
import { POINTS_PAGE, SEED, SOFT_ID_PAGE, SVIX_SOURCE_IPS, SVIX_VERIFY, USE_CASES_PAGE } from './sources.js';

export const EVENT_TYPES = [
  'contact.acceptsEmail.changed',
  'contact.acceptsSms.changed',
  'contact.acceptsPostal.changed',
  'contact.consent.changed',
  'loyalty.addPoints',
  'point.balance.updated',
  'reward.voucher.created',
  'promotion.multichannel.assigned',
  'contact.created',
  'contact.updated',
  'contact.deleted',
] as const;

export const tenantSettings = z.strictObject({
  activatedEvents: z
    .array(z.enum(EVENT_TYPES))
    .default([...EVENT_TYPES])
    .describe('Events that Voyado has activated; the others reach nobody, whatever was subscribed to.'),
  pointFollower: z
    .boolean()
    .default(true)
    .describe(
      'Whether this customer uses the point follower solution; without it loyalty.addPoints reaches nobody.',
    ),
  tenantName: z.string().min(1).max(200).default('ringer').describe('The value of `tenant` in the body.'),
  idKey: z.enum(['eventId', 'id', 'both']).default('eventId').describe('The key of the id in the body.'),
  definitionId: z
    .enum(['int', 'string'])
    .default('int')
    .describe('JSON type of `payload.definitionId` in point.balance.updated.'),
  accountId: z
    .enum(['int', 'uuid'])
    .default('int')
    .describe('JSON type of `payload.accountId` in point.balance.updated.'),
  additionalFields: z
    .boolean()
    .default(false)
    .describe(
      'Whether `payload` may carry keys beyond ours: eight of the eleven payloads are not published.',
    ),
  sortKeys: z.boolean().default(false).describe('Every object key of the body in alphabetical order.'),
  encryptionKey: z
    .string()
    .regex(/^[a-zA-Z0-9]{32}$/, 'must be 32 characters of a-z, A-Z and 0-9')
    .nullable()
    .default(null)
    .describe('Payload Encryption Key; null sends the payload in the clear.'),
  encryptionScope: z
    .enum(['payload', 'body'])
    .default('payload')
    .describe('What the key encrypts: the value of `payload`, or the whole body as one JSON string.'),
  ...readSettings,
});

export const subscriptionSettings = z.strictObject({
  headerPrefix: z
    .enum(['svix', 'webhook', 'both'])
    .default('svix')
    .describe('Names of the three headers: svix-id …, the white-labelled webhook-id …, or both sets.'),
  headerCase: z
    .enum(['lower', 'title'])
    .default('lower')
    .describe('Spelling of our header names on the wire: svix-id or Svix-Id.'),
  senderVersion: z
    .string()
    .regex(/^\d+\.\d+(\.\d+)?$/, 'must be a version such as 1.84.0')
    .default('1.84.0')
    .describe('Version in the User-Agent.'),
  forwardedFor: z
    .union([z.ipv4(), z.ipv6()])
    .nullable()
    .default(null)
    .describe('Sends X-Forwarded-For with this address, for a consumer whose IP lock trusts a proxy.'),
  timestampScope: z
    .enum(['attempt', 'event'])
    .default('attempt')
    .describe('Whether svix-timestamp is that of the attempt or, on every attempt, that of the event.'),
  ...coreSettings,
});

export type TenantSettings = z.infer<typeof tenantSettings>;
export type SubscriptionSettings = z.infer<typeof subscriptionSettings>;

export function tenantOf(shape: Pick<Shape, 'settings'>): TenantSettings {
  return shape.settings as TenantSettings;
}

export const settingClaims: Readonly<Record<keyof TenantSettings | keyof SubscriptionSettings, Claim>> = {
  activatedEvents: documentedClaim(SEED, 'activate the events that you want to subscribe to'),
  pointFollower: documentedClaim(SEED, 'used *only* for customers using the point follower solution'),
  tenantName: assumedClaim(
    '`tenant` is a published key; what the string holds is the name of the Engage tenant',
    POINTS_PAGE,
  ),
  idKey: externalClaim(
    POINTS_PAGE,
    'the voucher example and the only public consumer write `eventId`, two other examples write `id`',
  ),
  definitionId: assumedClaim(
    'published as String, received as a number by the only public consumer',
    POINTS_PAGE,
  ),
  accountId: externalClaim(POINTS_PAGE, 'published as Int; the REST API of Engage shows a UUID'),
  additionalFields: externalClaim(
    USE_CASES_PAGE,
    'the most updated payload specification can be found in the client’s Svix portal',
  ),
  sortKeys: assumedClaim(
    'the open-source Svix server keeps the order; one capture of the hosted one is sorted',
  ),
  encryptionKey: externalClaim(SOFT_ID_PAGE, 'encrypted in the same way as with soft identification'),
  encryptionScope: assumedClaim(
    '`isEncrypted` stands beside `payload` and would be useless inside of what is encrypted',
  ),
  headerPrefix: assumedClaim(
    'svix- is the default of Svix; white-labelling is an option of its larger plans',
  ),
  headerCase: assumedClaim(
    'lowercase in the Svix documentation; its open-source server sends title case over HTTP/1.1',
  ),
  senderVersion: assumedClaim('captures of hosted Svix show 1.66 to 1.84', SVIX_SOURCE_IPS),
  forwardedFor: assumedClaim(
    'nobody but Svix can send from its addresses, so this is off and only for tests',
  ),
  timestampScope: externalClaim(
    SVIX_VERIFY,
    'the libraries refuse what is more than 5 minutes off, so it is stamped anew',
  ),
  ...coreSettingClaims,
  ...readSettingClaims,
};
