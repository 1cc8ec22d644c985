import { createHash } from 'node:crypto';
import type { HeaderList, RequestInput, WireRequest } from '../contract.js';
import { mergeHeaders, secretHeaderNames } from '../signing/headers.js';
import { hmacSha256 } from '../signing/hmac.js';
import { attemptBody } from '../signing/rebuild.js';
import { formatTimestamp } from '../signing/timestamp.js';
import { base62 } from './ksuid.js';
import { secretKey } from './secret.js';
import type { SubscriptionSettings } from './settings.js';

/** The request as Svix sends it: signed over `id.timestamp.body` with every secret that holds now, newest first. */
export function request(input: RequestInput): WireRequest {
  const settings = input.settings as SubscriptionSettings;
  const id = input.providerEventId ?? idOfDelivery(input.deliveryId);
  const body = attemptBody(input);
  const timestamp = stamp(input);
  const before = `${id}.${timestamp}.`;
  const signature = input.secrets
    .map((secret) => `v1,${hmacSha256(secretKey(secret), [before, body], 'base64')}`)
    .join(' ');

  const spell = settings.headerCase === 'title' ? titleCase : (name: string) => name;
  const prefixes = settings.headerPrefix === 'both' ? ['svix', 'webhook'] : [settings.headerPrefix];
  const own: HeaderList = [
    ['Content-Type', 'application/json'],
    ['User-Agent', userAgent(settings)],
    ['Accept', '*/*'],
    ...prefixes.flatMap(
      (prefix): HeaderList => [
        [spell(`${prefix}-id`), id],
        [spell(`${prefix}-timestamp`), timestamp],
        ...(signature ? [[spell(`${prefix}-signature`), signature] as const] : []),
      ],
    ),
    ...(settings.forwardedFor === null ? [] : [['X-Forwarded-For', settings.forwardedFor] as const]),
  ];
  const scheme = 'hmac-sha256 base64 over id.timestamp.body';
  return {
    headers: mergeHeaders(own, input.customHeaders),
    secretHeaders: secretHeaderNames(input.customHeaders),
    signature: signature
      ? { scheme, header: spell(`${prefixes[0]}-signature`), contents: [{ before }] }
      : null,
    ...(body === input.body ? {} : { body }),
  };
}

/** For bytes that were published without an id: at least the same on every attempt. */
function idOfDelivery(deliveryId: string): string {
  return `msg_${base62(createHash('sha256').update(deliveryId).digest().subarray(0, 20))}`;
}

function stamp({ policies, timestampMs, eventTimestampMs, random }: RequestInput): string {
  const rule = policies.timestamp;
  const ofEvent = rule.kind === 'header' && rule.scope === 'event';
  const format = rule.kind === 'header' ? rule.format : 'unixSeconds';
  return formatTimestamp(ofEvent ? eventTimestampMs : timestampMs, format, random);
}

/** Hosted Svix names itself and its sender; white-labelled it names neither Svix nor a page. */
function userAgent({ headerPrefix, senderVersion }: SubscriptionSettings): string {
  return headerPrefix === 'webhook'
    ? `Webhooks/${senderVersion} (sender-9YMgn)`
    : `Svix-Webhooks/${senderVersion} (sender-9YMgn; +https://www.svix.com/http-sender/)`;
}

function titleCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
