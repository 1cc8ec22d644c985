import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../support/svix-operations.js';

const PACKAGE = dirname(createRequire(import.meta.url).resolve('svix/package.json'));

/** Which of the models that Svix generates from its published OpenAPI document each answer is. */
const MODELS = {
  Application: 'ApplicationOut',
  Endpoint: 'EndpointOut',
  OperationalEndpoint: 'OperationalWebhookEndpointOut',
  Secret: 'EndpointSecretOut',
  Headers: 'EndpointHeadersOut',
  Task: 'RecoverOut',
  Stats: 'EndpointStats',
  Message: 'MessageOut',
  Attempt: 'MessageAttemptOut',
  EndpointMessage: 'EndpointMessageOut',
  MessageEndpoint: 'MessageEndpointOut',
  EventType: 'EventTypeOut',
  PortalAccess: 'AppPortalAccessOut',
  Empty: 'EmptyResponse',
} as const satisfies Record<keyof typeof ANSWERS, string>;

/** What the document has and this version of the library does not read yet. */
const NEWER = ['eventTypes', 'throttleRate'];

interface Property {
  name: string;
  optional: boolean;
  type: string;
}

function propertiesOf(model: string): Property[] {
  const file = `${PACKAGE}/dist/models/${model[0]!.toLowerCase()}${model.slice(1)}.d.ts`;
  const text = readFileSync(file, 'utf8');
  const open = text.indexOf('{', text.indexOf(`export interface ${model} `));
  const inside = text.slice(open, text.indexOf('\n}', open));
  return [...inside.matchAll(/^ {4}(\w+)(\?)?: (.+)$/gm)].map(([, name, mark, type]) => ({
    name: name!,
    optional: mark === '?',
    type: type!,
  }));
}

/** `string`, `number`, `date` … of a type as the library writes it; null where it is a model of its own. */
function kindOf(type: string): string | null {
  const plain = type.replace(/;$/, '');
  if (plain === 'Date') return 'date';
  if (plain === '{') return 'object';
  if (plain.endsWith('[]')) return 'array';
  if (plain === 'any') return 'any';
  return /^(string|number|boolean)$/.test(plain) ? plain : null;
}

describe('what the tests hold Svix’s answers to', () => {
  it.each(Object.entries(MODELS))('%s is what Svix publishes as %s', (answer, model) => {
    const { required, optional } = ANSWERS[answer as keyof typeof ANSWERS] as {
      required: Record<string, string>;
      optional: readonly string[];
    };
    const properties = propertiesOf(model);
    if (answer !== 'Empty') expect(properties.length).toBeGreaterThan(0);
    const must = properties.filter((property) => !property.optional);
    expect(new Set(Object.keys(required))).toEqual(new Set(must.map(({ name }) => name)));
    const may = properties.filter((property) => property.optional).map(({ name }) => name);
    expect(optional.filter((name) => !may.includes(name) && !NEWER.includes(name))).toEqual([]);
    for (const { name, type } of must) {
      const kind = kindOf(type);
      if (kind !== null) expect([name, required[name]]).toEqual([name, kind]);
    }
  });
});
