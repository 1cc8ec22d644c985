import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import { type DoorCall, type DoorRoute, doorRoute } from '../../front-door.js';
import type { PortSubscription } from '../../port.js';
import { ksuid } from '../ksuid.js';
import { endpointIn, isEnabled } from './endpoint.js';
import { placeIn } from './endpoints.js';
import { badRequest, invalid, notFound } from './errors.js';
import { exampleOf, findEventType, isOwn } from './event-type.js';
import { eventTypeName, instant } from './fields.js';
import { messageShape, shownMessage } from './message.js';
import { at, claim } from './route.js';

const DAY_MS = 86_400_000;
/** So that nobody has to mind how clocks differ. */
const LEEWAY_MS = 300_000;
const RECOVER_DAYS = 14;
const STATS_DAYS = 28;
const PING = 'svix.ping';

const range = z.object({ since: instant, until: instant.nullish() });
const task = z
  .object({
    id: z.string(),
    status: z.literal('running'),
    task: z.enum(['endpoint.recover', 'endpoint.replay']),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'SvixRecoverOut' });

type Call = DoorCall<unknown, z.output<typeof range>>;

async function endpointOf(
  call: Pick<DoorCall, 'port' | 'environment' | 'params'>,
): Promise<PortSubscription> {
  return endpointIn(await placeIn(call), call.params.endpoint_id);
}

/** What of the range is to be sent to the endpoint after all is on its way once this is answered. */
async function start(call: Call, which: 'failed' | 'neverAttempted') {
  const { port, body } = call;
  const nowMs = await port.now();
  if (body.since < nowMs - RECOVER_DAYS * DAY_MS - LEEWAY_MS)
    throw invalid(['since'], `Cannot recover messages more than ${RECOVER_DAYS} days old.`);
  if (typeof body.until === 'number' && body.until <= body.since)
    throw invalid(['until'], 'until must be later than since.');
  const endpoint = await endpointOf(call);
  const enabled = isEnabled(endpoint);
  if (enabled)
    await port.subscriptions.recover(endpoint.id, {
      sinceMs: body.since,
      untilMs: body.until ?? null,
      which,
    });
  return {
    status: 202,
    body: {
      id: `qtask_${ksuid(nowMs, call.random)}`,
      status: 'running' as const,
      task: which === 'failed' ? ('endpoint.recover' as const) : ('endpoint.replay' as const),
      updatedAt: isoMillis(nowMs),
    },
    notices: enabled ? [] : ['The endpoint is disabled: nothing is sent.'],
  };
}

const path = at('/app/{app_id}/endpoint/{endpoint_id}');

export const recovery: readonly DoorRoute[] = [
  doorRoute({
    method: 'post',
    path: `${path}/recover`,
    summary: 'Send what failed at an endpoint again',
    claim: claim(),
    body: range.meta({ id: 'SvixRecoverIn' }),
    answers: { 202: { description: 'On its way.', schema: task } },
    handle: (call) => start(call, 'failed'),
  }),
  doorRoute({
    method: 'post',
    path: `${path}/replay-missing`,
    summary: 'Send what an endpoint never got',
    claim: claim('what was sent while it was disabled or did not exist'),
    body: range.meta({ id: 'SvixReplayIn' }),
    answers: { 202: { description: 'On its way.', schema: task } },
    handle: (call) => start(call, 'neverAttempted'),
  }),
  doorRoute({
    method: 'post',
    path: `${path}/send-example`,
    summary: 'Send an example of an event type to an endpoint',
    claim: claim('once, whatever the endpoint chose; the answer leaves the payload out'),
    body: z.object({
      eventType: eventTypeName,
      exampleIndex: z.int().min(0).default(0).meta({ description: 'Of the examples in the schema.' }),
    }),
    answers: { 200: { description: 'Sent.', schema: messageShape } },
    handle: async (call) => {
      const { port, body } = call;
      const endpoint = await endpointOf(call);
      const { id } = await port.subscriptions.test(endpoint.id, await example(call, body));
      return { status: 200, body: shownMessage((await port.events.find(id))!, false) };
    },
  }),
  doorRoute({
    method: 'get',
    path: `${path}/stats`,
    summary: 'Count the messages of an endpoint by how they stand',
    claim: claim('of at most 28 days'),
    query: z.object({ since: instant.optional(), until: instant.optional() }),
    answers: {
      200: {
        description: 'How many.',
        schema: z
          .object({
            success: z.int(),
            pending: z.int(),
            sending: z.int(),
            fail: z.int(),
            canceled: z.int(),
          })
          .meta({ id: 'SvixEndpointStats' }),
      },
    },
    handle: async (call) => {
      const { port, query } = call;
      const nowMs = await port.now();
      if (query.until !== undefined && query.until > nowMs)
        throw badRequest('invalid_range', "'until' cannot be in the future");
      // What is created this very instant counts.
      const untilMs = query.until ?? nowMs + 1;
      const sinceMs = query.since ?? untilMs - STATS_DAYS * DAY_MS;
      if (untilMs - sinceMs > STATS_DAYS * DAY_MS + LEEWAY_MS)
        throw badRequest(
          'invalid_range',
          `'since' cannot be more than ${STATS_DAYS} days prior to ${isoMillis(untilMs)}`,
        );
      const { id } = await endpointOf(call);
      const count = await port.subscriptions.count(id, { sinceMs, untilMs });
      const of = (...statuses: string[]) => statuses.reduce((sum, status) => sum + (count[status] ?? 0), 0);
      return {
        status: 200,
        body: {
          success: of('delivered'),
          pending: of('pending', 'held'),
          sending: of('sending'),
          fail: of('failed'),
          canceled: of('cancelled'),
        },
      };
    },
  }),
];

/** A sample of Voyado's own unless another schema was put in its place; else the example its schema brings. */
async function example(
  { port, random }: Pick<DoorCall, 'port' | 'random'>,
  { eventType: type, exampleIndex }: { eventType: string; exampleIndex: number },
) {
  const given = async (payload: Json) => ({
    type,
    payload,
    anyType: true,
    eventId: `msg_${ksuid(await port.now(), random)}`,
  });
  if (type === PING) return given({ success: true });
  const entry = await findEventType(port, type);
  if (!entry) throw notFound('Event type');
  const payload = exampleOf(entry, exampleIndex);
  if (payload !== undefined) return given(payload);
  if (isOwn(type)) return { type };
  throw badRequest('invalid_scheme', 'Unable to generate example message from event-type schema');
}
