import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { DoorRefusal, type DoorReply, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port } from '../../port.js';
import { invalid, notFound } from './errors.js';
import {
  type CatalogueEntry,
  catalogue,
  type EventTypeData,
  expungeEventType,
  findEventType,
  ownSchemas,
  putEventType,
} from './event-type.js';
import { eventTypeName, flag, json, text } from './fields.js';
import { inMemory, listOf, orderedPageQuery, pageOf } from './paging.js';
import { at, claim } from './route.js';

const flagName = z.string().min(1).max(256);
const patchFields = z.object({
  description: text.optional(),
  archived: z.boolean().optional(),
  deprecated: z.boolean().optional(),
  schemas: z.record(z.string(), json).nullish(),
  groupName: z.string().min(1).max(256).nullish(),
  featureFlag: flagName.nullish().meta({ description: 'The older name of a single one of featureFlags.' }),
  featureFlags: z.array(flagName).nullish(),
});
const update = patchFields.extend({ description: text });
const input = update.extend({ name: eventTypeName });

const shape = z
  .object({
    name: z.string(),
    description: z.string(),
    archived: z.boolean(),
    deprecated: z.boolean(),
    schemas: z.record(z.string(), json).nullable(),
    groupName: z.string().nullable(),
    featureFlag: z.string().nullable(),
    featureFlags: z.array(z.string()).nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'SvixEventTypeOut' });

function shown({ record: _, createdAtMs, updatedAtMs, ...entry }: CatalogueEntry): z.output<typeof shape> {
  return {
    ...entry,
    featureFlag: entry.featureFlags?.[0] ?? null,
    createdAt: isoMillis(createdAtMs),
    updatedAt: isoMillis(updatedAtMs),
  };
}

const FRESH: EventTypeData = {
  description: '',
  archived: false,
  deprecated: false,
  schemas: null,
  groupName: null,
  featureFlags: null,
};

function laidOver(before: EventTypeData, given: z.output<typeof patchFields>): EventTypeData {
  const single = given.featureFlag === undefined ? undefined : given.featureFlag && [given.featureFlag];
  const featureFlags = given.featureFlags === undefined ? single : given.featureFlags;
  return {
    description: given.description ?? before.description,
    archived: given.archived ?? before.archived,
    deprecated: given.deprecated ?? before.deprecated,
    schemas: given.schemas === undefined ? before.schemas : given.schemas,
    groupName: given.groupName === undefined ? before.groupName : given.groupName,
    featureFlags: featureFlags === undefined ? before.featureFlags : (featureFlags as string[] | null),
  };
}

/** With the schema of Voyado's own, unless another one was put in its place. */
async function withSchemas(port: Port, entry: CatalogueEntry): Promise<CatalogueEntry> {
  return entry.schemas === null ? { ...entry, schemas: await ownSchemas(port, entry.name) } : entry;
}

async function eventTypeIn({
  port,
  params,
}: {
  port: Pick<Port, 'tenant' | 'records'>;
  params: Readonly<Record<string, string>>;
}): Promise<CatalogueEntry> {
  const found = await findEventType(port, params.event_type_name ?? '');
  if (!found) throw notFound('Event type');
  return found;
}

const one = { 200: { description: 'As it is.', schema: shape } };
const path = at('/event-type/{event_type_name}');

export const eventTypes: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/event-type'),
    summary: 'List event types',
    claim: claim('the eleven of Voyado are there from the beginning'),
    query: orderedPageQuery.extend({
      include_archived: flag.default(false),
      with_content: flag.default(false),
    }),
    answers: { 200: { description: 'A page of them, by name.', schema: listOf(shape) } },
    handle: async ({ port, query }) => {
      const all = (await catalogue(port)).filter(({ archived }) => query.include_archived || !archived);
      const { rows, rest } = await pageOf<CatalogueEntry>(query, {
        order: query.order ?? 'ascending',
        locate: (name) => name,
        read: inMemory(all, ({ name }) => name),
        iteratorOf: ({ name }) => name,
      });
      const full = await Promise.all(
        rows.map((entry) => (query.with_content ? withSchemas(port, entry) : { ...entry, schemas: null })),
      );
      return { status: 200, body: { data: full.map(shown), ...rest } };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/event-type'),
    summary: 'Create an event type, or take it out of the archive',
    claim: claim(),
    body: input.meta({ id: 'SvixEventTypeIn' }),
    answers: { 201: { description: 'Created.', schema: shape } },
    handle: ({ port, body: { name, ...given }, answer }) =>
      port.keep(
        async (kept) => {
          const existing = await findEventType(kept, name);
          if (existing && !existing.archived)
            throw new DoorRefusal(409, 'event_type_exists', 'An event_type with this name already exists');
          return { status: 201, body: shown(await putEventType(kept, name, laidOver(FRESH, given))) };
        },
        answer?.((reply: DoorReply) => reply),
      ),
  }),
  doorRoute({
    method: 'get',
    path,
    summary: 'Read an event type',
    claim: claim(),
    answers: one,
    handle: async (call) => ({
      status: 200,
      body: shown(await withSchemas(call.port, await eventTypeIn(call))),
    }),
  }),
  doorRoute({
    method: 'put',
    path,
    summary: 'Replace an event type, or create it',
    claim: claim(),
    body: update.meta({ id: 'SvixEventTypeUpdate' }),
    answers: { ...one, 201: { description: 'Created.', schema: shape } },
    handle: async ({ port, params, body }) => {
      const name = params.event_type_name ?? '';
      const fault = eventTypeName.safeParse(name).error?.issues[0];
      if (fault) throw invalid(['event_type_name'], fault.message, 'path');
      return port.keep(async (kept) => {
        const existing = await findEventType(kept, name);
        const put = await putEventType(kept, name, laidOver(FRESH, body));
        return { status: existing ? 200 : 201, body: shown(put) };
      });
    },
  }),
  doorRoute({
    method: 'patch',
    path,
    summary: 'Change an event type',
    claim: claim(),
    body: patchFields.meta({ id: 'SvixEventTypePatch' }),
    answers: one,
    handle: ({ port, params, body }) =>
      port.keep(async (kept) => {
        const before = await eventTypeIn({ port: kept, params });
        return { status: 200, body: shown(await putEventType(kept, before.name, laidOver(before, body))) };
      }),
  }),
  doorRoute({
    method: 'delete',
    path,
    summary: 'Archive an event type, or expunge it',
    claim: claim(
      'endpoints that chose it keep it; no message can be sent with it, no endpoint can choose it',
    ),
    query: z.object({ expunge: flag.default(false) }),
    answers: { 204: { description: 'Archived, or gone.' } },
    handle: ({ port, params, query }) =>
      port.keep(async (kept) => {
        const { name, ...entry } = await eventTypeIn({ port: kept, params });
        if (query.expunge) await expungeEventType(kept, name);
        else await putEventType(kept, name, laidOver(entry, { archived: true }));
        return { status: 204 };
      }),
  }),
];
