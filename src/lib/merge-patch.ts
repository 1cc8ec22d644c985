export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces. Keys keep the target's order,
 * new keys come last. The target is not changed.
 */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: { [key: string]: Json } = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else define(merged, key, mergePatch(merged[key] ?? null, value));
  }
  return merged;
}

export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `__proto__` in a patch is a key like any other. */
function define(object: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
