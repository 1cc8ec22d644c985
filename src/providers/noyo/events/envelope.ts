import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import { documentedClaim } from '../../claims.js';
import type { Claim, EventType, ExampleContext } from '../../contract.js';
import { schemaCache } from '../../schema-cache.js';
import { SEED } from '../sources.js';

/** `union`: what the documents print and the API lists together; `published`: the API's list alone. */
export type DisconnectionStatuses = 'union' | 'published';

export interface NoyoEvent {
  type: string;
  /** As in the document's table of events. */
  name: string;
  summary: string;
  /** Fields of `data`. */
  data(statuses: DisconnectionStatuses): Record<string, z.ZodType>;
  example(context: ExampleContext): Json;
  claim?: Claim;
  bodyClaim?: Claim;
}

/** `{data, event}` in the key order of the event's own example; the documents print three different ones. */
export function noyoEvent(event: NoyoEvent): EventType {
  const schema = schemaCache((additional: boolean, statuses: DisconnectionStatuses) => {
    const object = additional ? z.looseObject : z.strictObject;
    return object({
      data: object(event.data(statuses)),
      event: object({ id: z.guid(), created: z.int().min(0), type: z.literal(event.type) }),
    });
  });
  return {
    type: event.type,
    summary: event.summary,
    claim: event.claim ?? documentedClaim(SEED, `**${event.name}** | \`${event.type}\``),
    bodyClaim: event.bodyClaim ?? documentedClaim(SEED, `"type": "${event.type}"`),
    schema: ({ settings }) =>
      schema(settings.additionalFields === true, settings.disconnectionStatuses as DisconnectionStatuses),
    example: event.example,
  };
}

/** The three fields of `event`; `created` is in whole seconds. */
export function eventFields(context: ExampleContext): { id: string; created: number; type: string } {
  return { id: uuid4(context.random), created: Math.floor(context.nowMs / 1000), type: context.type };
}
