import { UsageError } from './failure.js';

/** `a.b=1` pairs as one object; a value is JSON where it reads as JSON, else text. */
export function settingsFrom(pairs: readonly string[] | undefined): Record<string, unknown> | undefined {
  if (!pairs) return undefined;
  const settings: Record<string, unknown> = {};
  for (const pair of pairs) setAt(settings, pair, '--setting');
  return settings;
}

/** `name=value` pairs as text. */
export function headersFrom(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  return pairs && Object.fromEntries(pairs.map((pair) => pairOf(pair, '--header')));
}

function pairOf(pair: string, flags: string): [name: string, value: string] {
  const at = pair.indexOf('=');
  if (at <= 0) throw new UsageError(`${flags} takes name=value, not "${pair}".`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** `a.b=1` into nested objects; what stands on the way and is no object gives way. */
export function setAt(target: Record<string, unknown>, pair: string, flags: string): void {
  const [path, value] = pairOf(pair, flags);
  const steps = path.split('.');
  let node = target;
  for (const step of steps.slice(0, -1)) {
    const next = Object.hasOwn(node, step) ? node[step] : undefined;
    const inner = typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {};
    define(node, step, inner);
    node = inner as Record<string, unknown>;
  }
  define(node, steps.at(-1)!, jsonOrText(value));
}

/** `__proto__` is a key like any other. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
