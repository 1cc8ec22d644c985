import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/catalogue/checks.js';

describe('docs/checks.md', () => {
  it('lists every check as it is', () => {
    const text = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8');
    const rows = text.split('\n').filter((line) => /^\| [A-Z]{3,4}-\d\d /.test(line));
    const expected = CHECKS.map(
      ({ id, level, severity, title, sends, expects }) =>
        `| ${id} | ${level} | ${severity} | ${title} | ${sends} | ${expects} |`,
    );
    expect(rows).toEqual(expected);
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(40);
  });

  it('every rule can be looked up', () => {
    for (const { id, source } of CHECKS) expect(URL.canParse(source), id).toBe(true);
  });
});
