import { utf8 } from '../../lib/bytes.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { buildBody } from '../body.js';
import { BodyError, type BuildInput, type Built, type EventType, type WantsInput } from '../contract.js';
import { encryptToken } from './encryption.js';
import { ksuid } from './ksuid.js';
import { EVENT_TYPES, type TenantSettings, tenantOf } from './settings.js';

const IV_BYTES = 16;
/** A full stop separates the id from the timestamp in what is signed. */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,200}$/;

/** The body, encrypted by Engage before Svix sees it (and may sort its keys), and the id Svix gives the message. */
export function build(events: readonly EventType[], input: BuildInput): Built {
  if (input.eventId !== undefined && !MESSAGE_ID.test(input.eventId))
    throw new BodyError([
      { path: 'eventId', message: 'goes into a header: visible ASCII, without a full stop' },
    ]);
  return buildBody(events, input, {
    newEventId: (random) => `msg_${ksuid(input.nowMs, random)}`,
    finish: (body, { settings, random }) => {
      const { encryptionKey, encryptionScope, sortKeys } = tenantOf({ settings });
      const sealed =
        encryptionKey === null
          ? body
          : seal(body, {
              scope: encryptionScope,
              token: (plaintext) => encryptToken(plaintext, encryptionKey, random.bytes(IV_BYTES)),
            });
      return utf8(JSON.stringify(sortKeys ? sorted(sealed) : sealed));
    },
  });
}

function seal(
  body: Json,
  { scope, token }: { scope: TenantSettings['encryptionScope']; token: (plaintext: string) => string },
): Json {
  if (!isObject(body)) return body;
  const flagged = { ...body, isEncrypted: true };
  if (scope === 'body') return token(JSON.stringify(flagged));
  return { ...flagged, payload: token(JSON.stringify(body.payload)) };
}

function sorted(node: Json): Json {
  if (Array.isArray(node)) return node.map(sorted);
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}

/** Chosen at the endpoint and activated by Voyado: both, or nothing is sent. */
export function wants({ type, events, tenantSettings }: WantsInput): boolean {
  return (events === null || events.includes(type)) && isActivated(type, tenantSettings);
}

export function notice({ type, settings }: BuildInput): string | null {
  if (isActivated(type, settings)) return null;
  const why = isWithoutFollowers(type, settings)
    ? `${type} is for customers with the point follower solution only, which this tenant has not`
    : `${type} is not activated for this tenant`;
  return `${why}: it is stored and reaches no subscription.`;
}

function isActivated(type: string, settings: Readonly<Record<string, unknown>>): boolean {
  const { activatedEvents } = tenantOf({ settings });
  // What Svix itself tells, and a type that was made there, is none of Voyado's to activate.
  const isOwn = EVENT_TYPES.some((own) => own === type);
  return !isWithoutFollowers(type, settings) && (!isOwn || activatedEvents.some((own) => own === type));
}

function isWithoutFollowers(type: string, settings: Readonly<Record<string, unknown>>): boolean {
  return type === 'loyalty.addPoints' && !tenantOf({ settings }).pointFollower;
}
