import { z } from 'zod';
import { asText } from '../../../lib/bytes.js';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { DoorCall } from '../../front-door.js';
import type { EventFilter, PortEvent } from '../../port.js';
import { svixId } from '../svix-ids.js';
import { type Application, applicationIn } from './application.js';
import { notFound } from './errors.js';
import { channel, csv, eventTypeName, flag, instant, json, tag } from './fields.js';

type Call = Pick<DoorCall, 'port' | 'environment' | 'params'>;

export const messageShape = z.object({
  id: z.string(),
  eventId: z.string().nullable(),
  eventType: z.string(),
  payload: json,
  channels: z.array(z.string()).nullable(),
  tags: z.array(z.string()).nullable(),
  timestamp: z.iso.datetime(),
  deliverAt: z.iso.datetime().nullable(),
});

/** What lists of messages and of attempts can be narrowed by. */
export const aboutMessages = {
  channel: channel.optional(),
  tag: tag.optional(),
  event_types: csv(eventTypeName).optional(),
  before: instant.optional(),
  after: instant.optional(),
  with_content: flag.default(true),
};
const about = z.object(aboutMessages);

/** As the port takes it. `after` includes its instant, as an id of Svix's does. */
export function filterOf(given: z.output<typeof about>) {
  return {
    ...(given.channel === undefined ? {} : { channel: given.channel }),
    ...(given.tag === undefined ? {} : { details: { tags: [given.tag] } }),
    ...(given.event_types === undefined ? {} : { types: given.event_types }),
    ...(given.after === undefined ? {} : { sinceMs: given.after }),
    ...(given.before === undefined ? {} : { untilMs: given.before }),
  };
}

/** `msg_…`, or what the publisher of the control API called it. */
export function messageId(event: Pick<PortEvent, 'id' | 'providerEventId'>): string {
  return event.providerEventId ?? svixId('msg', event.id);
}

/** What of an event a message shows. */
type Told = Omit<PortEvent, 'variant' | 'environment' | 'application'>;

/** @param withContent whether its payload is told; one that is gone says so. */
export function shownMessage(event: Told, withContent: boolean): z.output<typeof messageShape> {
  const { tags = null, deliverAt = null } = event.details ?? {};
  return {
    eventId: event.uid,
    eventType: event.type,
    payload: withContent ? payloadOf(event) : {},
    channels: event.channels.length > 0 ? [...event.channels] : null,
    id: messageId(event),
    timestamp: isoMillis(event.createdAtMs),
    tags: tags as string[] | null,
    deliverAt: deliverAt as string | null,
  };
}

function payloadOf({ body }: Pick<PortEvent, 'body'>): Json {
  if (body === null) return { expired: true };
  const text = asText(body);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** @param ref a message's id, or its eventId. */
export async function findMessage(
  { port, environment }: Pick<DoorCall, 'port' | 'environment'>,
  application: string,
  ref: string,
): Promise<PortEvent | null> {
  const by = async (filter: EventFilter) =>
    (await port.events.list({ application, environment, ...filter, withBody: true, limit: 1 }))[0];
  return (await by({ providerEventId: ref })) ?? (await by({ uid: ref })) ?? null;
}

/** The message that a path names, in its application. @throws DoorRefusal 404 */
export async function messageIn(call: Call): Promise<{ app: Application; event: PortEvent }> {
  const app = await applicationIn(call);
  const event = await findMessage(call, app.key, call.params.msg_id ?? '');
  if (!event) throw notFound('Message');
  return { app, event };
}

/** Where a list of messages goes on after this one. */
export async function locateMessage(
  call: Pick<DoorCall, 'port' | 'environment'>,
  application: string,
  id: string,
): Promise<string | null> {
  return (await findMessage(call, application, id))?.id ?? null;
}
