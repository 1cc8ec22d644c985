import { z } from 'zod';
import { CATALOGUE } from '../../engine/faults/catalogue.js';
import { specOf } from '../../engine/faults/spec.js';
import { nearestWord } from '../../lib/nearest-word.js';
import { isoInstant, pageOf, pageQuery, strict } from './fields.js';

type OneOf = [ReturnType<typeof specOf>, ...ReturnType<typeof specOf>[]];

const TYPES = CATALOGUE.map(({ type }) => type);

function anyFault(more: z.ZodRawShape = {}) {
  return z.discriminatedUnion('type', CATALOGUE.map((fault) => specOf(fault, more)) as OneOf, {
    error: ({ code, input }) =>
      code === 'invalid_union' && typeof input === 'object' && input !== null
        ? `must be of a known type${meant(input)}; there are: ${TYPES.join(', ')}`
        : undefined,
  });
}

function meant(input: object): string {
  const type: unknown = 'type' in input ? input.type : undefined;
  const near = typeof type === 'string' ? nearestWord(type, TYPES) : null;
  return near === null ? '' : ` (did you mean ${near}?)`;
}

/** Faults of one event, beside its publish. */
export const eventFault = anyFault().meta({ id: 'EventFault' });
export const faultInput = anyFault({
  subscriptionId: z.string().optional().meta({ description: 'Only there; absent: in the whole tenant.' }),
}).meta({ id: 'FaultInput' });

/** One fault as it was parsed: durations in milliseconds. */
export type EventFault = { type: string } & Readonly<Record<string, unknown>>;
export type FaultInput = EventFault & { subscriptionId?: string };

export const faultRecord = z
  .object({
    id: z.string(),
    type: z.string(),
    class: z.enum(['legal', 'hostile', 'broken']),
    params: z.record(z.string(), z.unknown()),
    skipped: z.string().optional().meta({ description: 'Why it was left out of this attempt.' }),
  })
  .meta({ id: 'FaultRecord' });

export const fault = z
  .object({
    id: z.string(),
    type: z.string(),
    class: z.enum(['legal', 'hostile', 'broken']),
    subscriptionId: z.string().nullable(),
    eventId: z.string().nullable(),
    params: z.record(z.string(), z.unknown()).meta({ description: 'Its own; durations in milliseconds.' }),
    probability: z.number(),
    first: z.number().int().nullable(),
    every: z.number().int().nullable(),
    on: z.array(z.number().int()).nullable(),
    match: z.record(z.string(), z.string()),
    seed: z.string().meta({ description: 'With it, the same turns are drawn again.' }),
    turns: z.number().int().meta({ description: 'How often it had its turn, struck or not.' }),
    addedAt: isoInstant,
    endsAt: isoInstant.nullable(),
  })
  .meta({ id: 'Fault' });
export type FaultResource = z.output<typeof fault>;
export const faultPage = pageOf(fault);
export const faultQuery = pageQuery({});

export const challengeInput = strict({ url: z.string().max(2_048) }).meta({ id: 'ChallengeInput' });

const target = z.object({ origin: z.string(), provedAt: isoInstant, endsAt: isoInstant });
export const provedTarget = target.meta({ id: 'ProvedTarget' });
export type ProvedTargetResource = z.output<typeof target>;
export const challenge = z
  .object({
    path: z.string().meta({ description: 'What a target answers the token at.' }),
    token: z.string(),
    targets: z.array(target).meta({ description: 'Those whose proof still holds.' }),
  })
  .meta({ id: 'Challenge' });
export type ChallengeResource = z.output<typeof challenge>;
