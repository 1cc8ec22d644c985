import { z } from 'zod';
import type { Json } from '../../src/lib/merge-patch.js';
import type { EventType, Profile } from '../../src/providers/contract.js';
import { isOffered } from '../../src/providers/find-event.js';

type Schema = Readonly<Record<string, unknown>>;

/** The module that tells the compiler what each provider's events hold, from the schemas that validate them. */
export function eventTypesModule(profiles: readonly Profile[]): string {
  const providers = profiles.map((profile) => {
    const events = profile.events.map((event) => `    ${quoted(event.type)}: ${bodyType(profile, event)};`);
    return `  ${quoted(profile.id)}: {\n${events.join('\n')}\n  };`;
  });
  return [
    '// biome-ignore-all format: written by test/conformance/event-types.test.ts from the schemas; `npx vitest run` it with -u.',
    '',
    '/** What the body of each event holds, by provider and type, under every reading of the provider. */',
    'export interface ProviderEvents {',
    ...providers,
    '}',
    '',
  ].join('\n');
}

/** Every shape that some variant or some value of a setting gives it. */
function bodyType(profile: Profile, event: EventType): string {
  const shapes = settingsOf(profile).filter((settings) => isOffered(event, settings));
  const offered = shapes.length > 0 ? shapes : [{ ...defaultsOf(profile), ...event.offeredWhen }];
  const types = offered.flatMap((settings) =>
    (event.variants ?? [null]).map((variant) =>
      typeOf(
        z.toJSONSchema(event.schema({ variant, settings }), {
          io: 'input',
          unrepresentable: 'any',
        }) as Schema,
      ),
    ),
  );
  return [...new Set(types)].join(' | ');
}

function defaultsOf({ settings }: Profile): Record<string, unknown> {
  return settings.tenant.parse({}) as Record<string, unknown>;
}

/** The defaults, and each value of each setting that has only a few. */
function settingsOf(profile: Profile): Record<string, unknown>[] {
  const defaults = defaultsOf(profile);
  const json = z.toJSONSchema(profile.settings.tenant, { io: 'input', unrepresentable: 'any' }) as Schema;
  const changed = Object.entries(json.properties as Record<string, Schema>).flatMap(([key, schema]) => {
    const values = (schema.enum ?? (schema.type === 'boolean' ? [true, false] : [])) as Json[];
    return values.filter((value) => value !== defaults[key]).map((value) => ({ ...defaults, [key]: value }));
  });
  return [defaults, ...changed];
}

function typeOf(schema: Schema): string {
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (options) return union(options.map(typeOf));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return union((schema.enum as unknown[]).map((value) => JSON.stringify(value)));
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return `readonly ${bracketed(schema.items ? typeOf(schema.items as Schema) : 'unknown')}[]`;
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (!properties) {
    const values =
      typeof additionalProperties === 'object' ? typeOf(additionalProperties as Schema) : 'unknown';
    return `{ readonly [key: string]: ${values} }`;
  }
  const fields = Object.entries(properties as Record<string, Schema>).map(([name, schema]) => {
    const optional = (required as string[]).includes(name) ? '' : '?';
    return `${quoted(name)}${optional}: ${typeOf(schema)}`;
  });
  return fields.length === 0 ? '{}' : `{ ${fields.join('; ')} }`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function bracketed(type: string): string {
  return type.includes(' | ') ? `(${type})` : type;
}

function quoted(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}
