import { type ZodRawShape, z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { randomText } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { Random } from '../../../lib/random.js';
import type { Claim, EventType, ExampleContext } from '../../contract.js';
import { schemaCache } from '../../schema-cache.js';
import { tenantOf } from '../settings.js';

interface Described {
  type: string;
  summary: string;
  claim: Claim;
  bodyClaim: Claim;
  data: ZodRawShape;
  sample(context: ExampleContext): Json;
}

/** `{event_type,event_id,timestamp,clinic_id,data}`: the guide of December 2025. */
export function seedEvent({ data, sample, ...event }: Described): EventType {
  const schemaOf = schemaCache((additionalFields: boolean) =>
    z.strictObject({
      event_type: z.literal(event.type),
      event_id: z.string().min(1),
      timestamp: timestampSchema,
      clinic_id: z.guid(),
      data: fields(data, additionalFields),
    }),
  );
  return {
    ...event,
    offeredWhen: { generation: 'seed' },
    schema: ({ settings }) => schemaOf(tenantOf(settings).additionalFields),
    example: (context) => ({
      event_type: event.type,
      event_id: `evt_${randomText(context.random, EVENT_ID_LENGTH, LOWER)}`,
      timestamp: isoMillis(context.nowMs),
      clinic_id: tenantOf(context.settings).defaultClinicId,
      data: sample(context),
    }),
  };
}

/** `{event_name,event_data}`: the guide of January 2026, which has neither event id nor timestamp. */
export function event2026({ data, sample, ...event }: Described): EventType {
  const schemaOf = schemaCache((additionalFields: boolean) =>
    z.strictObject({ event_name: z.literal(event.type), event_data: fields(data, additionalFields) }),
  );
  return {
    ...event,
    offeredWhen: { generation: '2026-01' },
    schema: ({ settings }) => schemaOf(tenantOf(settings).additionalFields),
    example: (context) => ({ event_name: event.type, event_data: sample(context) }),
  };
}

function fields(shape: ZodRawShape, additionalFields: boolean) {
  return additionalFields ? z.looseObject(shape) : z.strictObject(shape);
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** The printed ids have 9; longer, so that millions of events never share one. */
const EVENT_ID_LENGTH = 16;

export const timestampSchema = z.iso.datetime({ precision: 3 });

/** `ord_12345`, with more digits. */
export function numbered(prefix: string, random: Random): string {
  return `${prefix}_${randomText(random, 8, '0123456789')}`;
}
