import { z } from 'zod';
import { idTimeMs } from '../../../lib/ids.js';
import type { Json } from '../../../lib/merge-patch.js';
import { seededRandom } from '../../../lib/random.js';
import type { EventType } from '../../contract.js';
import type { Keeping, Port, PortRecord } from '../../port.js';
import { contacts } from '../events/contacts.js';
import { points } from '../events/points.js';
import { consents, preferences } from '../events/preferences.js';
import { promotions, vouchers } from '../events/vouchers.js';
import { everyOne } from './paging.js';

/** What Voyado can send; every organisation starts with these. */
const OWN: readonly EventType[] = [
  ...preferences,
  ...consents,
  ...points,
  ...vouchers,
  ...promotions,
  ...contacts,
];

/** What is known of an event type beside its name; kept as it is once something of it was changed. */
export interface EventTypeData {
  description: string;
  archived: boolean;
  deprecated: boolean;
  /** JSON Schema by version; null where there is none. */
  schemas: { [version: string]: Json } | null;
  groupName: string | null;
  featureFlags: string[] | null;
}

export interface CatalogueEntry extends EventTypeData {
  name: string;
  createdAtMs: number;
  updatedAtMs: number;
  record: PortRecord | null;
}

/** Where event types are read: the port, or what keeps it still for a change. */
type Place = Pick<Port, 'tenant' | 'records'>;

const records = (place: Place) => place.records('event-type');

/** In order of their names; one that was expunged is not there. */
export async function catalogue(port: Port): Promise<CatalogueEntry[]> {
  const kept = await everyOne((listing) => records(port).list(listing));
  const changed = new Map(kept.map((record) => [record.uid, record]));
  const entries = new Map(OWN.map((event) => [event.type, own(port, event)]));
  for (const [name, record] of changed) if (name !== null) entries.set(name, entryOf(name, record));
  return [...entries.values()]
    .filter(({ record }) => !isExpunged(record))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function findEventType(port: Place, name: string): Promise<CatalogueEntry | null> {
  const record = await records(port).findByUid(name);
  if (record) return isExpunged(record) ? null : entryOf(name, record);
  const event = OWN.find(({ type }) => type === name);
  return event ? own(port, event) : null;
}

/** Of these, the ones that no endpoint can choose: not there, or archived. */
export async function missingTypes(port: Port, types: readonly string[]): Promise<string[]> {
  const known = new Set((await catalogue(port)).flatMap(({ name, archived }) => (archived ? [] : name)));
  return types.filter((type) => !known.has(type));
}

export async function putEventType(
  kept: Keeping,
  name: string,
  data: EventTypeData,
): Promise<CatalogueEntry> {
  const json = { ...data } as Record<string, Json>;
  const record = await records(kept).findByUid(name);
  const put = record
    ? (await records(kept).replace(record.id, json))!
    : await records(kept).create(json, name);
  return entryOf(name, put);
}

/** As if it had never been there; one of Voyado's own leaves a mark, or it would come back. */
export async function expungeEventType(kept: Keeping, name: string): Promise<void> {
  const record = await records(kept).findByUid(name);
  if (!OWN.some(({ type }) => type === name)) {
    if (record) await records(kept).remove(record.id);
  } else if (record) await records(kept).replace(record.id, { expunged: true });
  else await records(kept).create({ expunged: true }, name);
}

/** A payload that shows what the type carries: the example of that index in the newest schema, or its first. */
export function exampleOf({ schemas }: EventTypeData, index: number): Json | undefined {
  const schema = schemas?.[String(Math.max(...Object.keys(schemas).map(Number)))];
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return undefined;
  const { examples, example } = schema;
  return Array.isArray(examples) && examples.length > 0 ? (examples[index] ?? examples[0]) : example;
}

/** Whether Voyado itself can make a sample of it. */
export function isOwn(name: string): boolean {
  return OWN.some(({ type }) => type === name);
}

/** The schema of one of Voyado's own, as its settings have it, with an example that is always the same. */
export async function ownSchemas(port: Port, name: string): Promise<EventTypeData['schemas']> {
  const event = OWN.find(({ type }) => type === name);
  if (!event) return null;
  const shape = { variant: null, settings: await port.settings() };
  const schema = z.toJSONSchema(event.schema(shape), { io: 'input', unrepresentable: 'any' });
  const example = event.example({
    ...shape,
    type: name,
    environment: '',
    nowMs: idTimeMs(port.tenant.id),
    random: seededRandom(name),
  });
  return { 1: { ...(schema as { [key: string]: Json }), examples: [example] } };
}

function own(port: Place, { type, summary }: EventType): CatalogueEntry {
  const createdAtMs = idTimeMs(port.tenant.id);
  return {
    name: type,
    description: summary,
    archived: false,
    deprecated: false,
    schemas: null,
    groupName: type.slice(0, type.indexOf('.')),
    featureFlags: null,
    createdAtMs,
    updatedAtMs: createdAtMs,
    record: null,
  };
}

function entryOf(name: string, record: PortRecord): CatalogueEntry {
  const data = record.data as unknown as EventTypeData;
  return {
    name,
    description: data.description,
    archived: data.archived,
    deprecated: data.deprecated,
    schemas: data.schemas,
    groupName: data.groupName,
    featureFlags: data.featureFlags,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    record,
  };
}

function isExpunged(record: PortRecord | null): boolean {
  return record?.data.expunged === true;
}
