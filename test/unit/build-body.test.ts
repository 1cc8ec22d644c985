import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asText, utf8 } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { seededRandom } from '../../src/lib/random.js';
import { type BodyOptions, buildBody } from '../../src/providers/body.js';
import { BodyError, type BuildInput, type EventType } from '../../src/providers/contract.js';

const CLAIM = { claim: 'assumed', source: null, why: 'a test' } as const;

const paid = z.strictObject({ kind: z.literal('paid'), amount: z.number() });
const open = z.strictObject({ kind: z.literal('open'), due: z.string() });

const event: EventType = {
  type: 'invoice.changed',
  summary: 'an invoice',
  claim: CLAIM,
  bodyClaim: CLAIM,
  schema: () =>
    z.strictObject({
      meta: z.strictObject({ id: z.string() }),
      lines: z.array(z.number()),
      state: z.union([paid, open]),
    }),
  example: () => ({ state: { kind: 'paid', amount: 1 }, meta: { id: 'fresh' }, lines: [1, 2] }),
};

function build(input: Partial<BuildInput> = {}, options: BodyOptions = { eventIdPath: ['meta', 'id'] }) {
  const context = { type: event.type, variant: null, settings: {}, environment: 'test', nowMs: 0 };
  return buildBody([event], { ...context, random: seededRandom(1), ...input }, options);
}

function issues(data: Json): string[] {
  try {
    build({ data });
  } catch (error) {
    if (error instanceof BodyError) return error.issues.map(({ path }) => path);
  }
  return [];
}

describe('a body', () => {
  it('keeps the key order of the example, compact', () => {
    const { body, providerEventId } = build({ data: { lines: [3], meta: { id: 'given' } } });
    expect(asText(body)).toBe('{"state":{"kind":"paid","amount":1},"meta":{"id":"given"},"lines":[3]}');
    expect(providerEventId).toBe('given');
  });

  it('takes the event id over what data says', () => {
    const { body, providerEventId } = build({ eventId: 'e1', data: { meta: { id: 'given' } } });
    expect(JSON.parse(asText(body)).meta.id).toBe('e1');
    expect(providerEventId).toBe('e1');
  });

  it('has an id beside the body where the header carries it', () => {
    const options = { newEventId: () => 'msg_1' };
    expect(build({}, options).providerEventId).toBe('msg_1');
    expect(build({ eventId: 'msg_2' }, options).providerEventId).toBe('msg_2');
    expect(asText(build({ eventId: 'msg_2' }, options).body)).toContain('fresh');
  });

  it('is what finish makes of it', () => {
    expect(asText(build({}, { finish: () => utf8('sealed') }).body)).toBe('sealed');
  });

  it('names every field at fault', () => {
    expect(issues({ meta: { id: 5, extra: 1, more: 2 }, lines: [1, 'x'] })).toEqual([
      'meta.id',
      'meta.extra',
      'meta.more',
      'lines.1',
    ]);
    expect(issues({ meta: null })).toEqual(['meta']);
    expect(issues({ state: { amount: 'much' } })).toEqual(['state.amount']);
    expect(issues(['no object'])).toEqual(['']);
  });

  it('lets no key of Object.prototype through', () => {
    expect(issues(JSON.parse('{"__proto__":{"id":"x"}}'))).toEqual(['__proto__']);
  });
});
