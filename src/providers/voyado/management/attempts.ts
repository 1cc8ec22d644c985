import { z } from 'zod';
import { type DoorCall, type DoorRoute, doorRoute } from '../../front-door.js';
import type { AttemptFilter, PortAttempt, PortDelivery, PortEvent } from '../../port.js';
import { svixId, uuidOfSvixId } from '../svix-ids.js';
import { attemptShape, shownAttempt } from './attempt.js';
import { endpointIn, isEnabled } from './endpoint.js';
import { placeIn } from './endpoints.js';
import { badRequest, notFound } from './errors.js';
import { flag } from './fields.js';
import { aboutMessages, filterOf, messageIn } from './message.js';
import { listOf, pageOf, pageQuery } from './paging.js';
import { at, claim } from './route.js';
import { type StatusFilter, statusQuery } from './status.js';

type Call = Pick<DoorCall, 'port' | 'environment' | 'params'>;

const query = pageQuery.extend({
  ...aboutMessages,
  ...statusQuery,
  status_code_class: z.coerce
    .number()
    .refine((given) => [0, 100, 200, 300, 400, 500].includes(given), 'must be 0, 100, 200, 300, 400 or 500')
    .optional(),
  with_msg: flag.default(false),
});
type Query = z.output<typeof query>;

/** An attempt has succeeded or failed; null where none can be of this status. */
function outcomeOf({ status }: StatusFilter): { delivered?: boolean } | null {
  if (status === undefined) return {};
  return status === 0 || status === 2 ? { delivered: status === 0 } : null;
}

async function list({ port }: Call, wanted: Query, scope: AttemptFilter) {
  const outcome = outcomeOf(wanted);
  const { status_code_class: codes } = wanted;
  const filter: AttemptFilter = {
    ...filterOf(wanted),
    ...scope,
    ...outcome,
    ...(codes === undefined ? {} : { statusClass: codes / 100 }),
  };
  const { rows, rest } = await pageOf(wanted, {
    order: 'descending',
    locate: (id) => uuidOfSvixId('atmpt', id),
    read: async (listing) => (outcome === null ? [] : port.attempts.list({ ...filter, ...listing })),
    iteratorOf: ({ id }) => svixId('atmpt', id),
  });
  const view = { withContent: wanted.with_content, withMessage: wanted.with_msg };
  const events = await eventsOf(port, rows, view.withMessage && view.withContent);
  const data = rows.flatMap((row) => {
    const event = events.get(row.eventId);
    return event ? [shownAttempt(row, event, view)] : [];
  });
  return { status: 200, body: { data, ...rest } };
}

async function eventsOf(
  port: Call['port'],
  rows: readonly PortAttempt[],
  withBody: boolean,
): Promise<Map<string, PortEvent>> {
  const ids = [...new Set(rows.map(({ eventId }) => eventId))];
  if (ids.length === 0) return new Map();
  const events = await port.events.list({ ids, limit: ids.length, withBody });
  return new Map(events.map((event) => [event.id, event]));
}

/** One of the message's attempts, at an endpoint of the application. @throws DoorRefusal 404 */
async function attemptIn(call: Call): Promise<{ attempt: PortAttempt; event: PortEvent }> {
  const { app, event } = await messageIn(call);
  const uuid = uuidOfSvixId('atmpt', call.params.attempt_id ?? '');
  const scope = { application: app.key, eventId: event.id };
  const found = uuid === null ? [] : await call.port.attempts.list({ ...scope, ids: [uuid], limit: 1 });
  if (!found[0]) throw notFound('Message attempt');
  return { attempt: found[0], event };
}

/** One more attempt, whatever becomes of the delivery meanwhile: what waits goes now, what has ended goes once more. */
async function sendAgain({ deliveries }: Call['port'], { id, status }: PortDelivery): Promise<void> {
  const again = (now: string) => (now === 'pending' ? deliveries.retryNow(id) : deliveries.resend(id));
  if (['sending', 'held'].includes(status)) return;
  try {
    await again(status);
  } catch (refused) {
    const now = await deliveries.find(id);
    if (!now || now.status === status) throw refused;
    if (!['sending', 'held'].includes(now.status)) await again(now.status);
  }
}

const page = { 200: { description: 'A page of them, newest first.', schema: listOf(attemptShape) } };

export const attempts: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/attempt/endpoint/{endpoint_id}'),
    summary: 'List the attempts at an endpoint',
    claim: claim(),
    query,
    answers: page,
    handle: async (call) => {
      const { id } = await endpointIn(await placeIn(call), call.params.endpoint_id);
      return list(call, call.query, { subscriptionId: id });
    },
  }),
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/attempt/msg/{msg_id}'),
    summary: 'List the attempts of a message',
    claim: claim(),
    query: query.extend({ endpoint_id: z.string().optional() }),
    answers: page,
    handle: async (call) => {
      const { app, event } = await messageIn(call);
      const { endpoint_id: ref } = call.query;
      const only = ref === undefined ? null : await endpointIn(await placeIn(call), ref);
      return list(call, call.query, {
        eventId: event.id,
        application: app.key,
        ...(only ? { subscriptionId: only.id } : {}),
      });
    },
  }),
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}'),
    summary: 'Read an attempt',
    claim: claim(),
    answers: { 200: { description: 'As it went.', schema: attemptShape } },
    handle: async (call) => {
      const { attempt, event } = await attemptIn(call);
      return { status: 200, body: shownAttempt(attempt, event, { withContent: true, withMessage: false }) };
    },
  }),
  doorRoute({
    method: 'delete',
    path: at('/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content'),
    summary: 'Expunge what was answered to an attempt',
    claim: claim('it reads EXPUNGED then'),
    answers: { 204: { description: 'Gone.' } },
    handle: async (call) => {
      const { attempt } = await attemptIn(call);
      await call.port.attempts.expunge(attempt.id);
      return { status: 204 };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend'),
    summary: 'Send a message to an endpoint once more',
    claim: claim('what waits for a retry is sent now; nothing is sent to a disabled endpoint'),
    answers: { 202: { description: 'On its way.', schema: z.object({}) } },
    handle: async (call) => {
      const { port } = call;
      const { event } = await messageIn(call);
      const endpoint = await endpointIn(await placeIn(call), call.params.endpoint_id);
      if (event.body === null)
        throw badRequest(
          'missing_payload',
          'Unable to resend message. Payload is missing (probably expired).',
        );
      const scope = { eventId: event.id, subscriptionId: endpoint.id };
      const [delivery] = await port.deliveries.list({ ...scope, limit: 1 });
      if (!delivery) throw notFound('Message for this endpoint');
      if (!isEnabled(endpoint))
        return { status: 202, body: {}, notices: ['The endpoint is disabled: nothing is sent.'] };
      await sendAgain(port, delivery);
      return { status: 202, body: {} };
    },
  }),
];
