import { z } from 'zod';
import { asText, utf8 } from '../lib/bytes.js';
import { isObject, type Json } from '../lib/merge-patch.js';
import type { CheckEvent, EventShape } from './event.js';

type Path = readonly string[];

/** Paths of fields in this event that its schema lets be absent or null. */
export function optionalFields(
  { profile, settings }: EventShape,
  { type, variant, json }: CheckEvent,
): Path[] {
  const event = profile.events.find((known) => known.type === type);
  if (!event || json === null) return [];
  const schema = z.toJSONSchema(event.schema({ variant, settings }), { io: 'input', unrepresentable: 'any' });
  return optionalIn(schema as Json, json, { root: schema as Json, path: [] });
}

function optionalIn(
  given: Json | undefined,
  value: Json,
  { root, path }: { root: Json; path: Path },
): Path[] {
  const schema = resolved(given, root);
  if (!isObject(schema) || !isObject(value)) return [];
  const { properties, required, anyOf } = schema;
  const branches = Array.isArray(anyOf) ? anyOf.flatMap((one) => optionalIn(one, value, { root, path })) : [];
  if (!isObject(properties)) return branches;
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    const mayMiss =
      Object.hasOwn(properties, key) && (!needed.includes(key) || isNullable(properties[key], root));
    return mayMiss ? [here] : optionalIn(properties[key], inner, { root, path: here });
  });
}

function isNullable(given: Json | undefined, root: Json): boolean {
  const schema = resolved(given, root);
  if (!isObject(schema)) return false;
  if (schema.type === 'null' || (Array.isArray(schema.type) && schema.type.includes('null'))) return true;
  return Array.isArray(schema.anyOf) && schema.anyOf.some((one) => isNullable(one, root));
}

function resolved(schema: Json | undefined, root: Json): Json | undefined {
  if (!isObject(schema) || typeof schema.$ref !== 'string') return schema;
  const keys = schema.$ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  return keys.reduce<Json | undefined>((node, key) => (isObject(node) ? node[key] : undefined), root);
}

/** The event with null in all of them; null where there is nothing to change, or the bytes are not the JSON. */
export function withNull(event: CheckEvent, paths: readonly Path[]): CheckEvent | null {
  if (event.json === null || paths.length === 0 || asText(event.body) !== JSON.stringify(event.json))
    return null;
  const json = paths.reduce<Json>((so, path) => set(so, path), event.json);
  return { ...event, json, body: utf8(JSON.stringify(json)) };
}

function set(json: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return null;
  return isObject(json) ? { ...json, [key]: set(json[key] ?? null, rest) } : json;
}
