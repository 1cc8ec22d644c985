import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import { assumedClaim } from '../../claims.js';
import type { EventType, ExampleContext } from '../../contract.js';
import { SEED } from '../sources.js';
import { type DisconnectionStatuses, eventFields, noyoEvent } from './envelope.js';

/** Source: `GroupSetupRequestPublicResult.status` in Noyo's OpenAPI. */
const CONNECTION_STATUSES = [
  'created',
  'processing',
  'noyo_review',
  'waiting_on_carrier',
  'carrier_authorization',
  'action_required',
  'unable_to_connect',
  'completed',
] as const;

/** Source: `GroupDisconnectionRequestQueryRequest.status` in Noyo's OpenAPI; the documents print one more. */
export const DISCONNECTION_STATUSES = ['needs_review', 'processing', 'completed', 'rejected'] as const;

function disconnectionStatus(statuses: DisconnectionStatuses): z.ZodType {
  if (statuses === 'published') return z.enum(DISCONNECTION_STATUSES);
  return z.enum([...new Set([...DISCONNECTION_STATUSES, ...CONNECTION_STATUSES])]);
}

function request(
  type: string,
  name: string,
  summary: string,
  status: (context: ExampleContext) => string,
): EventType {
  const disconnection = type.startsWith('group_disconnection');
  return noyoEvent({
    type,
    name,
    summary,
    data: (statuses) => ({
      id: z.guid(),
      status: disconnection ? disconnectionStatus(statuses) : z.enum(CONNECTION_STATUSES),
    }),
    example(context) {
      const { id, type, created } = eventFields(context);
      return { event: { id, type, created }, data: { id: uuid4(context.random), status: status(context) } };
    },
  });
}

export const groupEvents: readonly EventType[] = [
  noyoEvent({
    type: 'group.created',
    name: 'Group Created',
    summary: 'A group was created.',
    bodyClaim: assumedClaim('Listed without an example; `data.id` as in the common fields.', SEED),
    data: () => ({ id: z.guid() }),
    example: (context) => ({ data: { id: uuid4(context.random) }, event: eventFields(context) }),
  }),
  request(
    'group_connection_request.created',
    'Group Connection Request created',
    'A request to connect a group to a carrier was created.',
    () => 'processing',
  ),
  request(
    'group_connection_request.status_change',
    'Group Connection Request status changed',
    'The status of a group connection request changed.',
    () => 'action_required',
  ),
  request(
    'group_disconnection_request.created',
    'Group Disconnection Request created',
    'A request to disconnect a group from a carrier was created.',
    ({ settings }) => (settings.disconnectionStatuses === 'published' ? 'needs_review' : 'action_required'),
  ),
  request(
    'group_disconnection_request.status_change',
    'Group Disconnection Request status changed',
    'The status of a group disconnection request changed.',
    () => 'processing',
  ),
];
