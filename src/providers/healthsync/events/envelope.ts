import { z } from 'zod';
import { randomText } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import type { Random } from '../../../lib/random.js';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { Claim, EventType, ExampleContext } from '../../contract.js';
import { schemaCache } from '../../schema-cache.js';
import { isoSeconds } from '../../signing/timestamp.js';
import { SEED } from '../sources.js';

export interface HealthSyncEvent {
  type: string;
  /** As in the document's list of events. */
  summary: string;
  /** Fields of `data.object`. */
  object: Record<string, z.ZodType>;
  /** `now` is the instant of the event as the bodies write it. */
  example(context: ExampleContext, now: string): { [key: string]: Json };
  bodyClaim?: Claim;
}

const NOT_PRINTED = 'One of thirteen bodies is printed; this object follows it in style and naming.';

/** `{id, type, created_at, data: {object}}` */
export function healthSyncEvent(event: HealthSyncEvent): EventType {
  const schema = schemaCache((additional: boolean) => {
    const object = additional ? z.looseObject : z.strictObject;
    return object({
      id: text,
      type: z.literal(event.type),
      created_at: instant,
      data: object({ object: object(event.object) }),
    });
  });
  return {
    type: event.type,
    summary: `${event.summary}.`,
    claim: documentedClaim(SEED, `\`${event.type}\` - ${event.summary}`),
    bodyClaim: event.bodyClaim ?? assumedClaim(NOT_PRINTED, SEED),
    schema: ({ settings }) => schema(settings.additionalFields === true),
    example(context) {
      const now = isoSeconds(context.nowMs);
      return {
        id: freshId(context.random, 'evt'),
        type: context.type,
        created_at: now,
        data: { object: event.example(context, now) },
      };
    },
  };
}

const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** `evt_abc123`: a prefix and lowercase letters and digits, longer than printed so that they do not repeat. */
export function freshId(random: Random, prefix: 'ana' | 'doc' | 'evt' | 'fam' | 'shr' | 'user'): string {
  return `${prefix}_${randomText(random, 16, ID_ALPHABET)}`;
}

export const text = z.string().min(1);
export const instant = z.iso.datetime();
