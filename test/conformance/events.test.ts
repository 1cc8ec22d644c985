import { describe, expect, it } from 'vitest';
import { zocker } from 'zocker';
import { type ZodType, z } from 'zod';
import { asText } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { BodyError, type BuildInput, type Profile } from '../../src/providers/contract.js';
import { findEvent } from '../../src/providers/find-event.js';
import { type Path, patchAt, requiredFields } from '../support/json-schema.js';
import { buildInput, loadAll } from '../support/profiles.js';

const EXAMPLES = 50;
const registry = await loadAll();

const cases = registry
  .list()
  .flatMap((profile) =>
    profile.events.flatMap(({ type, variants }) =>
      (variants ?? [null]).map((variant) => ({ id: profile.id, profile, type, variant })),
    ),
  );

describe.each(cases)('$id $type $variant', ({ profile, type, variant }) => {
  const inputs = Array.from({ length: EXAMPLES }, (_, seed) => buildInput(profile, type, { variant, seed }));

  it('has examples that fit its schema, and repeat with their seed', () => {
    for (const [seed, input] of inputs.entries()) {
      const body = exampleOf(profile, input);
      expect(schemaOf(profile, input).safeParse(body).error?.issues ?? []).toEqual([]);
      expect(exampleOf(profile, buildInput(profile, type, { variant, seed }))).toEqual(body);
    }
  });

  it('has fresh ids every time', () => {
    const ids = inputs.map(
      (_, seed) => profile.build(buildInput(profile, type, { variant, seed })).providerEventId,
    );
    const present = ids.filter((id) => id !== null);
    expect(new Set(present).size).toBe(present.length);
  });

  it('has a JSON Schema', () => {
    expect(jsonSchemaOf(profile, inputs[0]!)).toHaveProperty('$schema');
  });

  it('refuses a body without a required field, or with one of another type, by its path', () => {
    const example = exampleOf(profile, buildInput(profile, type, { variant, seed: 0 }));
    const fields = requiredFields(jsonSchemaOf(profile, inputs[0]!), example);
    expect(fields.length).toBeGreaterThan(1);
    const missed = fields.flatMap(({ path, wrong }) => [
      ...refusal(path, undefined, example),
      ...(wrong === undefined ? [] : refusal(path, wrong, example)),
    ]);
    expect(missed).toEqual([]);
  });

  it('refuses what it does not know, and data that is no object', () => {
    for (const data of [{ noSuchField: 1 }, 'text', [1], null]) {
      expect(() => profile.build(buildInput(profile, type, { variant, data }))).toThrow(BodyError);
    }
  });

  it('builds whatever its schema allows', () => {
    const schema = schemaOf(profile, inputs[0]!);
    for (let seed = 0; seed < 5; seed++) {
      const data = JSON.parse(JSON.stringify(zocker(schema).setSeed(seed).generate())) as Json;
      if (JSON.stringify(data).includes('null')) continue;
      const built = profile.build(buildInput(profile, type, { variant, data }));
      expect(JSON.parse(asText(built.body))).toMatchObject(data as object);
    }
  });

  function refusal(path: Path, value: Json | undefined, example: Json): string[] {
    const data = patchAt(example, path, value);
    const at = `${path.join('.')} ${value === undefined ? 'removed' : `= ${JSON.stringify(value)}`}`;
    try {
      profile.build(buildInput(profile, type, { variant, seed: 0, data }));
      return [`${at}: accepted`];
    } catch (error) {
      const paths = error instanceof BodyError ? error.issues.map((issue) => issue.path) : [];
      return paths.some((p) => p === path.join('.') || p.startsWith(`${path.join('.')}.`))
        ? []
        : [`${at}: ${error}`];
    }
  }
});

function exampleOf(profile: Profile, input: BuildInput): Json {
  return findEvent(profile.events, input).event.example(input);
}

function schemaOf(profile: Profile, input: BuildInput): ZodType {
  return findEvent(profile.events, input).event.schema(input);
}

function jsonSchemaOf(profile: Profile, input: BuildInput): Json {
  return z.toJSONSchema(schemaOf(profile, input), { unrepresentable: 'any' }) as Json;
}
