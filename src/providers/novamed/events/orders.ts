import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { EventType, ExampleContext } from '../../contract.js';
import { SEED } from '../sources.js';
import { numbered, seedEvent, timestampSchema } from './envelope.js';

const THREE_DAYS_MS = 3 * 86_400_000;

const ids = { order_id: z.string(), patient_id: z.string(), medication_request_id: z.string() };

const sampleIds = ({ random }: ExampleContext) => ({
  order_id: numbered('ord', random),
  patient_id: numbered('pat', random),
  medication_request_id: numbered('med_req', random),
});

function order(change: string, text: string, at?: 'delivered_at' | 'cancelled_at'): EventType {
  return seedEvent({
    type: `order:${change}`,
    summary: `${text}.`,
    claim: documentedClaim(SEED, `\`order:${change}\` | ${text}`),
    bodyClaim: assumedClaim('the guide prints data for two events only; the ids are those of order:shipped'),
    data: { ...ids, ...(at ? { [at]: timestampSchema } : {}) },
    sample: (context): Json => ({ ...sampleIds(context), ...(at ? { [at]: isoMillis(context.nowMs) } : {}) }),
  });
}

const shipped = seedEvent({
  type: 'order:shipped',
  summary: 'Order has been shipped.',
  claim: documentedClaim(SEED, '`order:shipped` | Order has been shipped'),
  bodyClaim: documentedClaim(SEED, '### Order Shipped Event Example'),
  data: {
    ...ids,
    tracking_number: z.string(),
    carrier: z.string(),
    estimated_delivery: z.iso.date(),
    shipping_address: z.strictObject({
      line1: z.string(),
      city: z.string(),
      state: z.string(),
      zip: z.string(),
    }),
  },
  sample: (context) => ({
    ...sampleIds(context),
    tracking_number: '1Z999AA10123456784',
    carrier: 'UPS',
    estimated_delivery: isoMillis(context.nowMs + THREE_DAYS_MS).slice(0, 10),
    shipping_address: { line1: '123 Main Street', city: 'San Francisco', state: 'CA', zip: '94102' },
  }),
});

export const orders: readonly EventType[] = [
  order('created', 'New order has been created'),
  order('processing', 'Order is being processed'),
  shipped,
  order('delivered', 'Order has been delivered', 'delivered_at'),
  order('cancelled', 'Order has been cancelled', 'cancelled_at'),
];
