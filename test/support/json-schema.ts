import { isObject, type Json } from '../../src/lib/merge-patch.js';

export type Path = readonly (string | number)[];
type Node = { [key: string]: Json };

/** Every required field of the schema that the example reaches, with a value of a type that does not belong there. */
export function requiredFields(schema: Json, example: Json): { path: Path; wrong: Json | undefined }[] {
  return walk(schema, example, []);
}

function walk(schema: Json | undefined, value: Json, path: Path): { path: Path; wrong: Json | undefined }[] {
  const node = branch(schema, value);
  if (Array.isArray(value)) return value.length > 0 ? walk(node.items, value[0]!, [...path, 0]) : [];
  if (!isObject(value)) return [];
  const properties = isObject(node.properties) ? node.properties : {};
  const required = Array.isArray(node.required) ? node.required.map(String) : [];
  return required
    .filter((key) => key in value)
    .flatMap((key) => [
      { path: [...path, key], wrong: wrongFor(properties[key]) },
      ...walk(properties[key], value[key]!, [...path, key]),
    ]);
}

/** The first alternative of the value's own type. */
function branch(schema: Json | undefined, value: Json): Node {
  const node = isObject(schema) ? schema : {};
  const alternatives = node.anyOf ?? node.oneOf;
  if (!Array.isArray(alternatives)) return node;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const found = alternatives.find((entry) => typesOf(entry).has(type));
  return isObject(found) ? found : {};
}

function wrongFor(schema: Json | undefined): Json | undefined {
  const types = typesOf(schema);
  if (types.size === 0) return undefined;
  const candidates: [string, Json][] = [
    ['number', 12.5],
    ['string', 'not what belongs here'],
    ['object', { not: 'what belongs here' }],
  ];
  return candidates.find(([type]) => !types.has(type))?.[1];
}

/** JSON types a schema allows; empty when it allows anything. */
function typesOf(schema: Json | undefined): Set<string> {
  if (!isObject(schema)) return new Set();
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return new Set(alternatives.flatMap((entry) => [...typesOf(entry)]));
  const { type } = schema;
  if (Array.isArray(type)) return new Set(type.map(String));
  if (typeof type === 'string') return new Set([type]);
  if ('const' in schema) return new Set([schema.const === null ? 'null' : typeof schema.const]);
  return Array.isArray(schema.enum) ? new Set(schema.enum.map((entry) => typeof entry)) : new Set();
}

/**
 * The merge patch that puts `value` at `path` of `example`, or removes what is there when it is undefined. Inside an
 * array the whole array is written: a merge patch has no other way.
 */
export function patchAt(example: Json, path: Path, value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  if (isObject(example)) return { [key]: patchAt(example[key] ?? null, rest, value) };
  return changed(example, path, value);
}

function changed(node: Json, path: Path, value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  if (Array.isArray(node)) return node.map((entry, i) => (i === key ? changed(entry, rest, value) : entry));
  const entries = Object.entries(isObject(node) ? node : {}).flatMap(([name, entry]): [string, Json][] => {
    if (name !== key) return [[name, entry]];
    return rest.length === 0 && value === undefined ? [] : [[name, changed(entry, rest, value)]];
  });
  return Object.fromEntries(entries);
}
