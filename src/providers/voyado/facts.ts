import { assumed, documented, external } from '../claims.js';
import type { Claimed } from '../contract.js';
import { SEED, SOFT_ID_PAGE, SVIX_RETRIES, SVIX_SERVER, SVIX_SOURCE_IPS, USE_CASES_PAGE } from './sources.js';

export const facts: readonly Claimed<string>[] = [
  documented(
    'Nothing is sent until Voyado has activated the event: the tenant setting activatedEvents.',
    SEED,
    'you are free to configure subscriptions to all the available events',
  ),
  documented(
    'The consumer verifies signatures; its endpoint asks for no authentication of its own.',
    SEED,
    'There should be no authentication at the receiving endpoint',
  ),
  documented(
    'End-to-end encryption is optional; the signature is over the bytes sent, after encryption.',
    SEED,
    'optional feature of end-to-end encryption, you must develop functionality to decrypt',
  ),
  documented(
    'Custom headers and a rate limit can be set per endpoint.',
    SEED,
    "It's possible to add custom headers to webhooks and also rate limiting",
  ),
  external(
    'Svix sends from 52.215.16.239, 54.216.8.72, 63.33.109.123 and 2a05:d028:17:8000::/56 (EU). Ringer cannot: the setting forwardedFor claims one of them, sourceAddress sends from a loopback address in their place.',
    SVIX_SOURCE_IPS,
    'the document says that the integration uses the EU region',
  ),
  external(
    'Delivery is at least once and in no promised order; duplicates carry the same svix-id.',
    SVIX_RETRIES,
  ),
  external(
    'The open-source server applies its 60 s penalty to timeouts and means to apply it to 429.',
    SVIX_SERVER,
  ),
  external(
    'The tokens of payload encryption follow soft identification: AES-256-CBC, IV first, URL-safe base64.',
    SOFT_ID_PAGE,
    'the padding is not stated; PKCS#7 fits the length of the published sample',
  ),
  external(
    'The bodies of eight of the eleven events are published in the customer’s own Svix portal only. Publish yours with `payload`, or set additionalFields and add keys with `data`.',
    USE_CASES_PAGE,
  ),
  assumed(
    'With encryptionScope `body` the request body is the token as a JSON string.',
    'the content type promises JSON, and nothing else says that a whole body is encrypted',
  ),
];
