import { z } from 'zod';
import { utf8 } from '../../../lib/bytes.js';
import { isoMillis } from '../../../lib/clock.js';
import { childrenOf, compactText } from '../../../lib/json-text.js';
import type { Json } from '../../../lib/merge-patch.js';
import { type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port, PortEvent, PortPublish, PortPublished } from '../../port.js';
import { ksuid } from '../ksuid.js';
import { applicationIn } from './application.js';
import { inApplication } from './application-brought.js';
import { applicationInput } from './applications.js';
import { invalid } from './errors.js';
import { findEventType } from './event-type.js';
import { channel, distinct, eventTypeName, flag, instant, tag, uid } from './fields.js';
import {
  aboutMessages,
  filterOf,
  locateMessage,
  messageId,
  messageIn,
  messageShape,
  shownMessage,
} from './message.js';
import { listOf, pageOf, pageQuery } from './paging.js';
import { at, claim } from './route.js';

const RETENTION_DAYS = 90;
const HOUR_MS = 3_600_000;

const payload = z.looseObject({}, 'Payload must be an object.');

const input = z
  .object({
    eventType: eventTypeName,
    payload: payload.optional(),
    data: payload.optional().meta({ description: 'Another name of payload.' }),
    eventId: uid('msg_').nullish(),
    channels: z.array(channel).min(1).max(5, 'at most 5 channels').transform(distinct).nullish(),
    tags: z.array(tag).min(1).max(8, 'at most 8 tags').transform(distinct).nullish(),
    deliverAt: instant.nullish(),
    payloadRetentionPeriod: z.int().min(5).max(RETENTION_DAYS).nullish().meta({ description: 'Days.' }),
    payloadRetentionHours: z
      .int()
      .min(1)
      .max(RETENTION_DAYS * 24)
      .nullish(),
    application: applicationInput.nullish(),
    transformationsParams: z
      .object({ rawPayload: z.string().nullish(), headers: z.unknown().optional() })
      .nullish(),
  })
  .refine(({ payload: one, data: other }) => one !== undefined || other !== undefined, {
    path: ['payload'],
    message: 'Payload must be an object.',
  })
  .meta({ id: 'SvixMessageIn' });
type MessageInput = z.output<typeof input>;

/** The payload as its caller wrote it, without the space between its tokens; or the raw one, to the byte. */
function bodyOf(body: MessageInput, text: string): { payload: Json } & Pick<PortPublish, 'payloadText'> {
  const raw = body.transformationsParams?.rawPayload;
  if (typeof raw === 'string') return { payload: raw };
  const name = body.payload === undefined ? 'data' : 'payload';
  const written = childrenOf(text).findLast(({ key }) => key === name)?.value ?? '{}';
  return { payload: body[name] as Json, payloadText: compactText(written) };
}

async function refuseArchived(port: Port, name: string): Promise<void> {
  if ((await findEventType(port, name))?.archived)
    throw invalid(['eventType'], `The event type ${name} is archived: no message can be sent with it.`);
}

/** How long its payload is kept, where the message says so; no longer than the tenant's retention. */
function retentionOf({ payloadRetentionPeriod: days, payloadRetentionHours: hours }: MessageInput): {
  [key: string]: number;
} {
  const ms = hours ? hours * HOUR_MS : days ? days * 24 * HOUR_MS : null;
  return ms === null ? {} : { bodyRetentionMs: ms };
}

/** What is taken and changes nothing. */
function noticesOf(body: MessageInput): string[] {
  if (body.transformationsParams?.headers === undefined) return [];
  return ['transformationsParams.headers changes nothing: the content type stays application/json.'];
}

const one = { 200: { description: 'As it is.', schema: messageShape } };

export const messages: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/msg'),
    summary: 'List the messages of an application',
    claim: claim('what the control API published to all is in every application'),
    query: pageQuery.extend(aboutMessages),
    answers: { 200: { description: 'A page of them, newest first.', schema: listOf(messageShape) } },
    handle: async (call) => {
      const { port, environment, query } = call;
      const { key: application } = await applicationIn(call);
      const filter = { application, environment, ...filterOf(query), withBody: query.with_content };
      const { rows, rest } = await pageOf<PortEvent>(query, {
        order: 'descending',
        locate: (id) => locateMessage(call, application, id),
        read: (listing) => port.events.list({ ...filter, ...listing }),
        iteratorOf: messageId,
      });
      return {
        status: 200,
        body: { data: rows.map((row) => shownMessage(row, query.with_content)), ...rest },
      };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/app/{app_id}/msg'),
    summary: 'Send a message to the endpoints of an application',
    claim: claim('an event type that is in no catalogue may be sent, as by the open-source server'),
    query: z.object({ with_content: flag.default(true) }),
    body: input,
    answers: { 202: { description: 'On its way.', schema: messageShape } },
    handle: async (call) => {
      const { port, environment, body } = call;
      await refuseArchived(port, body.eventType);
      const eventId = `msg_${ksuid(await port.now(), call.random)}`;
      const { payload, ...exact } = bodyOf(body, call.text);
      const message = {
        type: body.eventType,
        channels: body.channels ?? [],
        details: {
          ...retentionOf(body),
          ...(body.tags ? { tags: body.tags } : {}),
          ...(body.deliverAt ? { deliverAt: isoMillis(body.deliverAt) } : {}),
        },
      };
      const reply = ({ id, createdAtMs, providerEventId, notices }: PortPublished) => {
        const sent = utf8(exact.payloadText ?? (payload as string));
        const told = { ...message, id, createdAtMs, providerEventId, uid: body.eventId ?? null, body: sent };
        const shown = shownMessage(told, call.query.with_content);
        return { status: 202, body: shown, notices: [...notices, ...noticesOf(body)] };
      };
      const made = await inApplication(call, body.application, ({ key: application }) =>
        port.events.publish(
          {
            ...message,
            payload,
            ...exact,
            anyType: true,
            environment,
            application,
            eventId,
            ...(body.eventId ? { uid: body.eventId } : {}),
            ...(body.deliverAt ? { deliverAtMs: body.deliverAt } : {}),
          },
          call.answer?.(reply),
        ),
      );
      return reply(made);
    },
  }),
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/msg/{msg_id}'),
    summary: 'Read a message by its id or eventId',
    claim: claim('a payload that is gone reads {"expired":true}'),
    query: z.object({ with_content: flag.default(true) }),
    answers: one,
    handle: async (call) => {
      const { event } = await messageIn(call);
      return { status: 200, body: shownMessage(event, call.query.with_content) };
    },
  }),
  doorRoute({
    method: 'delete',
    path: at('/app/{app_id}/msg/{msg_id}/content'),
    summary: 'Expunge the payload of a message',
    claim: claim('it can be sent no more, not even what waits for a retry'),
    answers: { 204: { description: 'Gone.' } },
    handle: async (call) => {
      const { event } = await messageIn(call);
      await call.port.events.expunge(event.id);
      return { status: 204 };
    },
  }),
];
