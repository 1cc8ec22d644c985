import { z } from 'zod';
import { childrenOf, withValue } from '../../../lib/json-text.js';
import { isObject, type Json } from '../../../lib/merge-patch.js';
import type { Profile, RequestInput } from '../../../providers/contract.js';
import { effective } from '../../../providers/effective.js';
import { jsonOf, refuseUnreadable } from '../facts.js';
import { fault } from '../fault.js';
import { withText } from '../rewrite.js';

type Path = readonly (string | number)[];

export const unknownEnum = fault({
  type: 'unknown_enum',
  class: 'legal',
  summary: 'A field with a closed list of values has one that no document names yet.',
  wire: 'The first such field of the body, or the one at `path` (`data.status`), is `value`; signed as always.',
  params: {
    path: z.string().min(1).max(200).optional(),
    value: z.string().min(1).max(100).default('ringer_unknown'),
  },
  refuse(target, { path }) {
    const unreadable = refuseUnreadable(target);
    if (unreadable) return unreadable;
    const { profile, input } = target;
    if (pathOf(profile, input, path) !== null) return null;
    return path === undefined
      ? `No field of a ${input.type} of ${profile.name} has a closed list of values in its documents; name one that has with path.`
      : `A ${input.type} of ${profile.name} has no text at ${path}.`;
  },
  input(input, { path, value }, { profile }) {
    const at = pathOf(profile, input, path);
    return at === null ? input : withText(input, (text) => replaced(text, at, value));
  },
});

function pathOf(profile: Profile, input: RequestInput, named: string | undefined): Path | null {
  const body = jsonOf(input.body);
  if (body === null) return null;
  if (named !== undefined) {
    const path = named.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    return typeof read(body, path) === 'string' ? path : null;
  }
  const event = profile.events.find(({ type }) => type === input.type);
  if (!event) return null;
  const settings = effective(profile, 'tenant').settings;
  const schemas = (event.variants ?? [null]).map((variant) =>
    z.toJSONSchema(event.schema({ variant, settings }), { io: 'input', unrepresentable: 'any' }),
  );
  // Where there is no list, the one value that this type of event has there is one of those that all of them have.
  for (const least of [2, 1])
    for (const schema of schemas) {
      const found = enumIn(schema, body, { root: schema, path: [], type: input.type, least });
      if (found) return found;
    }
  return null;
}

interface Walk {
  root: unknown;
  path: Path;
  /** The event's own name is another fault's business. */
  type: string;
  /** Values that its list has. */
  least: number;
}

/** The first text of the body that its schema keeps to a list. */
function enumIn(schema: unknown, value: Json, { path, ...walk }: Walk): Path | null {
  if (!isObject(schema)) return null;
  const { $ref, const: only, properties, items } = schema;
  const listed = only === undefined ? schema.enum : [only];
  if (typeof $ref === 'string') return enumIn(resolved(walk.root, $ref), value, { ...walk, path });
  if (
    Array.isArray(listed) &&
    typeof value === 'string' &&
    listed.length >= walk.least &&
    listed.includes(value) &&
    value !== walk.type
  )
    return path;
  for (const inner of [schema.anyOf, schema.oneOf, schema.allOf].flat()) {
    const found = inner === undefined ? null : enumIn(inner, value, { ...walk, path });
    if (found) return found;
  }
  if (Array.isArray(value))
    return value.length > 0 ? enumIn(items, value[0]!, { ...walk, path: [...path, 0] }) : null;
  if (!isObject(value) || !isObject(properties)) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = enumIn(properties[key], inner, { ...walk, path: [...path, key] });
    if (found) return found;
  }
  return null;
}

function resolved(root: unknown, ref: string): unknown {
  const keys = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  return keys.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), root);
}

function read(json: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((node, key) => {
    if (Array.isArray(node)) return typeof key === 'number' ? node[key] : undefined;
    return isObject(node) ? node[key] : undefined;
  }, json);
}

/** @param json as it is written. */
function replaced(json: string, [key, ...rest]: Path, value: string): string {
  if (key === undefined) return JSON.stringify(value);
  const there = childrenOf(json).findLast((child) => child.key === String(key));
  return there ? withValue(json, there, replaced(there.value, rest, value)) : json;
}
