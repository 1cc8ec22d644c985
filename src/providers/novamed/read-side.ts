import { z } from 'zod';
import { isoMillis } from '../../lib/clock.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import type { DoorRoute } from '../front-door.js';
import { type PortTold, valueAt } from '../life.js';
import { readRoute } from '../read-side.js';
import { PORTAL } from './sources.js';

const answer = z.strictObject({
  success: z.literal(true),
  data: z.looseObject({
    order_id: z.string(),
    clinic_id: z.string().nullable(),
    status: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
});

/** What an event makes of an order; the words of the guide on tracking, where it has one. */
const STATUS: Readonly<Record<string, string>> = {
  'order:created': 'pending',
  'shipment:created': 'shipped',
  'shipment:cancelled': 'cancelled',
};

function order(id: string, told: readonly PortTold[]): Json {
  const last = told.at(-1)!;
  const data = told.map(({ body }) => valueAt(body, 'data') ?? valueAt(body, 'event_data')).filter(isObject);
  const { id: _, order_id, clinic_id, ...known } = Object.assign({}, ...data) as { [key: string]: Json };
  return {
    success: true,
    data: {
      order_id: id,
      clinic_id: valueAt(last.body, 'clinic_id') ?? clinic_id ?? null,
      status: STATUS[last.type] ?? last.type.split(':')[1] ?? last.type,
      ...known,
      created_at: isoMillis(told[0]!.createdAtMs),
      updated_at: isoMillis(last.createdAtMs),
    },
  };
}

export const readRoutes: readonly DoorRoute[] = [
  readRoute({
    path: '/api/external/orders/{id}',
    summary: 'An order and its tracking, as far as it was told of',
    claim: assumedClaim(
      'Earlier guides read an order by its id and print these statuses; path and frame are those of the webhooks.',
      PORTAL,
    ),
    kinds: ['order', 'medication order'],
    byEnvironment: true,
    answer,
    notFound: (id) => `Order ${id} not found`,
    read: order,
  }),
];
