import { isObject, type Json } from '../lib/merge-patch.js';
import type { CheckEvent } from './event.js';

/** What stands for an id wherever it turns up, so that two twins of a life can be compared. */
export type Names = readonly (readonly [value: string, symbol: string])[];

/** Shorter values turn up by chance. */
const SHORTEST = 5;

/** The ids of a told life: what another twin of it has another value for, in the body or beside. */
export function namesOf(told: readonly CheckEvent[], other: readonly CheckEvent[]): Names {
  const names = new Map<string, string>();
  const name = (value: string, symbol: string) => {
    if (value.length >= SHORTEST && !names.has(value)) names.set(value, `‹${symbol}›`);
  };
  for (const [i, event] of told.entries()) {
    const twin = other[i]!;
    if (event.providerEventId !== null) name(event.providerEventId, `id of event ${i + 1}`);
    name(event.deliveryId, `delivery of event ${i + 1}`);
    collect(event.json, twin.json, { path: '', event: i + 1, name });
  }
  // Longest first: an id may be a part of another.
  return [...names].sort(([a], [b]) => b.length - a.length);
}

interface Collecting {
  path: string;
  event: number;
  name(value: string, symbol: string): void;
}

function collect(one: Json | null, other: Json | null, { path, event, name }: Collecting): void {
  const at = (key: string | number) => ({ path: path === '' ? String(key) : `${path}.${key}`, event, name });
  if (typeof one === 'string' && typeof other === 'string' && one !== other)
    name(one, `${path} of event ${event}`);
  else if (Array.isArray(one) && Array.isArray(other))
    for (const [i, value] of one.entries()) collect(value, other[i] ?? null, at(i));
  else if (isObject(one) && isObject(other))
    for (const key of Object.keys(one)) collect(one[key] ?? null, other[key] ?? null, at(key));
}

/** The snapshot with symbols for ids, wherever they stand: as values, in keys, within longer texts. */
export function renamed(snapshot: Json, names: Names): Json {
  const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
  const text = names.reduce(
    (so, [value, symbol]) => so.replaceAll(quoted(value), quoted(symbol)),
    JSON.stringify(snapshot),
  );
  return JSON.parse(text) as Json;
}
