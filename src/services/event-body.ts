import { AppError } from '../errors.js';
import { asText, utf8 } from '../lib/bytes.js';
import type { Json } from '../lib/merge-patch.js';
import type { BuildInput, Built, Profile } from '../providers/contract.js';
import type { PublishInput } from './schemas/publish.js';

/** Bytes of one event's body. */
export const MAX_BODY_BYTES = 256 * 1024;

/** An id in a body, as they are: what is longer, or no text for people, no index keeps and nobody looks up. */
const ID = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

type Given = Pick<PublishInput, 'payload' | 'payloadText' | 'payloadBase64' | 'eventId'>;

/** As built by the profile, or as the caller wrote it. @throws AppError, BodyError */
export function eventBody(profile: Profile, input: Given, build: BuildInput): Built {
  const rule = profile.eventId.value;
  if (input.eventId !== undefined && rule.kind === 'none') {
    throw new AppError(
      'event_id_unsupported',
      `${profile.name} events have no id of their own; leave eventId out.`,
      [{ path: 'eventId', message: 'not offered by this provider' }],
    );
  }
  const built = bodyOf(profile, input, build);
  const { providerEventId: id } = built;
  if (built.body.length <= MAX_BODY_BYTES)
    return { ...built, providerEventId: id !== null && (id === input.eventId || ID.test(id)) ? id : null };
  throw new AppError(
    'body_too_large',
    `The body has ${built.body.length} bytes; an event carries at most ${MAX_BODY_BYTES}.`,
  );
}

function bodyOf(profile: Profile, input: Given, build: BuildInput): Built {
  const rule = profile.eventId.value;
  const raw = rawBody(input);
  if (raw === null) return profile.build(build);
  if (input.eventId !== undefined) return { body: raw, providerEventId: input.eventId };
  if (rule.kind === 'header')
    return { body: raw, providerEventId: profile.build({ ...build, data: {} }).providerEventId };
  return { body: raw, providerEventId: rule.kind === 'body' ? textAt(asJson(raw), rule.path) : null };
}

function rawBody({ payload, payloadText, payloadBase64 }: Given): Uint8Array | null {
  if (payloadBase64 !== undefined) return Buffer.from(payloadBase64, 'base64');
  if (payload === undefined) return null;
  return utf8(typeof payload === 'string' ? payload : (payloadText ?? JSON.stringify(payload)));
}

function textAt(body: Json | null, path: readonly string[]): string | null {
  let node: unknown = body;
  for (const key of path)
    node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined;
  return typeof node === 'string' ? node : null;
}

/** Null when the bytes are no JSON. */
export function asJson(body: Uint8Array): Json | null {
  try {
    return JSON.parse(asText(body)) as Json;
  } catch {
    return null;
  }
}
