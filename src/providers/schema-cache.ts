import type { ZodType } from 'zod';

/** One schema per combination of arguments, made when first asked for: zod compiles a schema at its first parse. */
export function schemaCache<Args extends readonly (string | boolean | null)[]>(
  make: (...args: Args) => ZodType,
): (...args: Args) => ZodType {
  const made = new Map<string, ZodType>();
  return (...args) => {
    const key = JSON.stringify(args);
    const known = made.get(key);
    if (known) return known;
    const schema = make(...args);
    made.set(key, schema);
    return schema;
  };
}
