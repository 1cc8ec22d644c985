import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import { documentText, goldenFiles } from '../support/golden.js';
import { buildInput, loadAll } from '../support/profiles.js';

const registry = await loadAll();
const files = goldenFiles();

describe('printed bodies', () => {
  it.each(files)('$provider $name: the same values give the same bytes', ({ provider, golden }) => {
    const profile = registry.get(provider);
    const { type, variant, settings, data, eventId } = golden;
    const input = buildInput(profile, type, { variant, settings, data, eventId });
    expect(asText(profile.build(input).body)).toBe(golden.body);
  });

  const printed = files.filter(({ golden }) => documentText(golden.source) !== null);
  it.each(printed)('$provider $name stands in its document', ({ golden }) => {
    expect(withoutSpace(documentText(golden.source)!)).toContain(withoutSpace(golden.body));
  });
});

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '');
}
