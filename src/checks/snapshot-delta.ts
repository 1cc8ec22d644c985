import { isObject, type Json } from '../lib/merge-patch.js';

/** One difference between two snapshots: where, and what. */
export interface Fact {
  path: string;
  /** `+2` of a number, the new value, or `removed`. */
  change: string;
}

/**
 * What has become of one snapshot in another. Numbers differ by an amount; lists are bags, in which order says nothing;
 * what was added is told leaf by leaf. Pure.
 */
export function deltaOf(before: Json | undefined, after: Json | undefined, path = ''): Fact[] {
  if (before === undefined) return after === undefined ? [] : added(after, path);
  if (after === undefined) return [{ path, change: 'removed' }];
  if (typeof before === 'number' && typeof after === 'number')
    return before === after ? [] : [{ path, change: signed(after - before) }];
  if (Array.isArray(before) && Array.isArray(after)) return bags(before, after, `${path}[]`);
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byText);
    return keys.flatMap((key) => deltaOf(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return canonical(before) === canonical(after) ? [] : [{ path, change: canonical(after) }];
}

function added(value: Json, path: string): Fact[] {
  if (Array.isArray(value))
    return value.length === 0 ? [{ path, change: '[]' }] : bags([], value, `${path}[]`);
  if (!isObject(value)) return [{ path, change: canonical(value) }];
  const keys = Object.keys(value).sort(byText);
  if (keys.length === 0) return [{ path, change: '{}' }];
  return keys.flatMap((key) => added(value[key]!, `${path}.${key}`));
}

function bags(before: readonly Json[], after: readonly Json[], path: string): Fact[] {
  const left = new Map<string, number>();
  for (const entry of before) left.set(canonical(entry), (left.get(canonical(entry)) ?? 0) + 1);
  const facts: Fact[] = [];
  for (const text of after.map(canonical).sort(byText)) {
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    else facts.push({ path, change: `has ${text}` });
  }
  for (const [text, count] of [...left].sort(([a], [b]) => byText(a, b)))
    for (let i = 0; i < count; i++) facts.push({ path, change: `has no more ${text}` });
  return facts;
}

/** JSON with sorted keys. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort(byText)
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`);
  return `{${entries.join(',')}}`;
}

function signed(difference: number): string {
  const rounded = Number(difference.toPrecision(12));
  return rounded > 0 ? `+${rounded}` : String(rounded);
}

/** For people: at most three facts, the rest counted. */
export function sayFacts(facts: readonly Fact[]): string {
  const shown = facts.slice(0, 3).map(({ path, change }) => `${path || '(all)'} ${change}`.slice(0, 160));
  return facts.length > 3 ? `${shown.join('; ')}; and ${facts.length - 3} more` : shown.join('; ');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
