import { type ZodRawShape, z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { uuid4 } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { Claim, EventType, ExampleContext, Shape } from '../../contract.js';
import { schemaCache } from '../../schema-cache.js';
import { type EVENT_TYPES, type TenantSettings, tenantOf } from '../settings.js';

interface EngageEvent {
  type: (typeof EVENT_TYPES)[number];
  summary: string;
  claim: Claim;
  bodyClaim: Claim;
  payload(settings: Pick<TenantSettings, 'accountId' | 'definitionId'>): ZodRawShape;
  sample(context: ExampleContext, settings: TenantSettings): Json;
}

/** The envelope of every event, keys in the printed (alphabetical) order, around a payload of its own. */
export function engageEvent(event: EngageEvent): EventType {
  const { type, summary, claim, bodyClaim } = event;
  // Of the settings, only these change the shape: a payload may read no other.
  const schemaOf = schemaCache(
    (
      idKey: TenantSettings['idKey'],
      accountId: TenantSettings['accountId'],
      definitionId: TenantSettings['definitionId'],
      additionalFields: boolean,
    ) => {
      const id = z.string().min(1);
      const payload = event.payload({ accountId, definitionId });
      return z.strictObject({
        ...(idKey === 'id' ? {} : { eventId: id }),
        eventType: z.literal(type),
        ...(idKey === 'eventId' ? {} : { id }),
        isEncrypted: z.literal(false, 'is set to true by the tenant setting encryptionKey, and only then'),
        payload: additionalFields ? z.looseObject(payload) : z.strictObject(payload),
        tenant: z.string(),
      });
    },
  );
  return {
    type,
    summary,
    claim,
    bodyClaim,
    schema: (shape: Shape) => {
      const { idKey, accountId, definitionId, additionalFields } = tenantOf(shape);
      return schemaOf(idKey, accountId, definitionId, additionalFields);
    },
    example: (context: ExampleContext) => {
      const settings = tenantOf(context);
      const id = uuid4(context.random);
      return {
        ...(settings.idKey === 'id' ? {} : { eventId: id }),
        eventType: type,
        ...(settings.idKey === 'eventId' ? {} : { id }),
        isEncrypted: false,
        payload: event.sample(context, settings),
        tenant: settings.tenantName,
      };
    },
  };
}

/** .NET's DateTimeOffset as Engage prints it, at +01:00: `2024-12-31T23:59:59.999+01:00`. */
export function dateTimeOffset(atMs: number): string {
  return `${isoMillis(atMs + 3_600_000).slice(0, -1)}+01:00`;
}

export const dateTimeOffsetSchema = z.iso.datetime({ offset: true });
