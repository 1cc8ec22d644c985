import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import type { EventType } from '../../contract.js';
import { eventFields, noyoEvent } from './envelope.js';

/** Source: the snapshot status page. `failed` stands only in an older copy of it. */
export const SNAPSHOT_STATUSES = [
  'submitted',
  'processing',
  'completed',
  'canceled',
  'replaced',
  'failed',
] as const;

/** Source: `CarrierFulfillmentStatus.status` in Noyo's OpenAPI. */
const FULFILLMENT_STATUSES = [
  'invalid',
  'no_changes',
  'processing',
  'replaced',
  'scheduled',
  'sent',
  'valid',
  'not_connected',
] as const;

export const memberSnapshotEvents: readonly EventType[] = [
  noyoEvent({
    type: 'member_snapshot.status_change',
    name: 'Snapshot status changed',
    summary: 'The status of a member snapshot changed.',
    data: () => ({ id: z.guid(), status: z.enum(SNAPSHOT_STATUSES) }),
    example(context) {
      const { id, type, created } = eventFields(context);
      return { event: { id, type, created }, data: { id: uuid4(context.random), status: 'completed' } };
    },
  }),
  noyoEvent({
    type: 'member_snapshot_carrier_fulfillment_status.status_change',
    name: 'Snapshot Fulfillment Summary updated',
    summary: 'The fulfillment summary of a member snapshot was updated for one carrier.',
    data: () => ({
      carrier_id: z.guid(),
      member_snapshot_id: z.guid(),
      status: z.enum(FULFILLMENT_STATUSES),
    }),
    example(context) {
      const { id, type, created } = eventFields(context);
      return {
        event: { created, id, type },
        data: {
          carrier_id: uuid4(context.random),
          member_snapshot_id: uuid4(context.random),
          status: 'sent',
        },
      };
    },
  }),
];
