import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/errors.js';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (\d{3}) \| `(\w+)` \| (.+) \|$/gm)].map(([, status, code, when]) => ({
  status: Number(status),
  code: code!,
  when: when!,
}));

describe('docs/errors.md', () => {
  it('lists every code with its status, in the catalogue’s order, and nothing else', () => {
    expect(rows.map(({ status, code }) => [code, status])).toEqual(
      Object.entries(CATALOGUE).map(([code, [status]]) => [code, status]),
    );
  });

  it('says of each when it comes', () => {
    for (const { when } of rows) expect(when).toMatch(/^[A-Z`].{20,}\.$/);
  });

  it('lists no code that nothing throws', () => {
    const source = join(import.meta.dirname, '../../src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && file !== 'errors.ts' && !file.startsWith('generated'),
    );
    const text = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\n');
    const unused = Object.keys(CATALOGUE).filter((code) => !text.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});
