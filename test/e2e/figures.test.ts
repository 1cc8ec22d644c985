import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const FIGURES = fileURLToPath(new URL('../bench/figures.mjs', import.meta.url));

it('the figures in README and docs/scaling.md are those that were measured', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [FIGURES, '--check']);
  expect(stderr).toBe('');
});
