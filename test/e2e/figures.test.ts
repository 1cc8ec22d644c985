import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = (path: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL(path, import.meta.url)), ...args]);

it('the figures in README and docs/scaling.md are those that were measured', async () => {
  const { stderr } = await run('../bench/figures.mjs', '--check');
  expect(stderr).toBe('');
});

it.each([
  ['../bench/run.mjs', ['--help'], /^Usage: npm run bench/],
  ['../bench/run.mjs', ['--only', 'nothing'], /^There is no nothing\. Usage: /],
  ['../bench/run.mjs', ['--scale', 'x'], /^--scale is a number above 0/],
  ['../torture/run.mjs', ['--wrong'], /^Unknown option '--wrong'\. Usage: npm run torture/],
  ['../torture/run.mjs', ['--quick', '--only', 'T33'], /^There is no T33 in the quick tier\. Usage: /],
  ['../bench/figures.mjs', ['--help'], /^Usage: npm run figures/],
])('%s %j runs nothing and says in one line what there is', async (path, args, said) => {
  const refusal = await run(path, ...args).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
  expect((refusal as { stderr: string }).stderr.trim().split('\n')).toHaveLength(1);
});
