import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/cli/program.js';
import { consumers, type Started } from '../checks/consumers/index.js';
import { requireBuilt } from '../support/built.js';
import { createConsumer } from '../support/consumer.js';
import { filesIn } from '../support/doc-snippets.js';
import { quietShell } from '../support/quiet-shell.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** What a project that tests a webhook handler has beside Ringer. */
const BESIDE = ['jest@30', 'vitest@4.1.12', 'msw@2.15'];

/** Nothing of this repository, nor of the runner that runs this. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|npm_config_.*|NODE_EXTRA_CA_CERTS|https?_proxy)$/i.test(name),
  ),
) as Record<string, string>;

const start = (name: string): Promise<Started> =>
  consumers.find((consumer) => consumer.name === name)!.start();

interface Ended {
  exit: number;
  output: string;
}

describe('the packed package, in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-package-'));
  const project = join(folder, 'project');
  let tarball: string;

  async function call(
    file: string,
    args: readonly string[],
    more: Record<string, string> = {},
  ): Promise<Ended> {
    const done = promisify(execFile)(file, args, {
      cwd: project,
      env: { ...env, ...more },
      maxBuffer: 1 << 26,
    });
    return done.then(
      ({ stdout, stderr }) => ({ exit: 0, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        exit: error.code,
        output: `${error.stdout}${error.stderr}`,
      }),
    );
  }

  const bin = (name: string) => join(project, 'node_modules/.bin', name);

  beforeAll(async () => {
    requireBuilt();
    mkdirSync(project);
    // Without scripts: what is packed is what was built and is tested beside this.
    await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
      env,
    });
    tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
    writeFileSync(join(project, 'package.json'), '{"name":"project","private":true,"type":"module"}');
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
    const { exit, output } = await call('npm', [...install, tarball, ...BESIDE]);
    if (exit !== 0) throw new Error(`npm install: ${output}`);
    const files = filesIn(readFileSync(join(ROOT, 'docs/ci.md'), 'utf8'));
    for (const [name, text] of files) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
  }, 240_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is clean to publint', async () => {
    const pkg = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { messages } = await publint({
      pkgDir: join(project, 'node_modules/ringer'),
      strict: true,
      pack: false,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('runs', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { exit, output } = await call('npx', ['--no-install', 'ringer', '--version']);
    // npm may have something of its own to say on stderr.
    expect([exit, output.split('\n')[0]]).toEqual([0, version]);
  }, 60_000);

  it('passes the example of the README', async () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const snippets = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    const example = snippets.find((code) => code.includes("from 'ringer'"))!;
    const consumer = await createConsumer(503);
    onTestFinished(() => consumer.close());
    const file = 'readme.test.js';
    writeFileSync(join(project, file), example.replace('http://localhost:3000/hook', consumer.url));
    const { exit, output } = await call(bin('vitest'), ['run', file], {
      CI: '1',
      NO_COLOR: '1',
    });
    expect(output).toContain('Tests  1 passed');
    expect(exit).toBe(0);
    expect(consumer.received).toHaveLength(16);
  }, 120_000);

  it('passes the vitest example', async () => {
    const { exit, output } = await call(
      bin('vitest'),
      ['run', 'hook.vitest.test.js', '--testTimeout=60000', '--hookTimeout=60000'],
      {
        CI: '1',
        NO_COLOR: '1',
      },
    );
    expect(output).toMatch(/Tests {2}2 passed/);
    expect(exit).toBe(0);
  }, 120_000);

  it('passes the jest example, with fake timers and msw, and leaves nothing open', async () => {
    const { exit, output } = await call(
      bin('jest'),
      ['hook.jest.test.js', '--detectOpenHandles', '--testTimeout=60000'],
      {
        NODE_OPTIONS: '--experimental-vm-modules',
        NO_COLOR: '1',
        CI: '1',
      },
    );
    expect(output).toMatch(/Tests: +1 passed, 1 total/);
    expect(output).not.toContain('open handle');
    expect(exit).toBe(0);
  }, 120_000);

  it.each([
    ['where a test fakes them', {}, 'every timer faked', 2],
    [
      'where every test has them faked from the start',
      { fakeTimers: { enableGlobally: true } },
      'as the configuration has them',
      1,
    ],
  ])(
    'lives from its making to its end on faked timers of jest: %s',
    async (_, config, named, count) => {
      const file = readFileSync(join(ROOT, 'test/e2e/jest/faked-timers.mjs'), 'utf8');
      writeFileSync(join(project, 'faked-timers.test.js'), file);
      const { exit, output } = await call(
        bin('jest'),
        ['faked-timers.test.js', '-t', named, '--testTimeout=120000', '--config', JSON.stringify(config)],
        { NODE_OPTIONS: '--experimental-vm-modules', NO_COLOR: '1', CI: '1' },
      );
      expect(output).toMatch(new RegExp(`Tests: +${3 - count} skipped, ${count} passed, 3 total`));
      expect(exit).toBe(0);
    },
    400_000,
  );

  it('tells again, by the vitest file that the fuzzer saved, the story that a consumer does not bear', async () => {
    const story = join(project, 'story.test.ts');
    const replay = async ({ url, effectsUrl, secret, close }: Started) => {
      try {
        return await call(bin('vitest'), ['run', 'story.test.ts'], {
          CI: '1',
          NO_COLOR: '1',
          CONSUMER_URL: url,
          CONSUMER_EFFECTS: effectsUrl,
          CONSUMER_SECRET: secret!,
        });
      } finally {
        await close();
      }
    };
    const broken = await start('noyo-follows-arrival');
    const shell = quietShell();
    const target = ['--to', broken.url, '--effects', broken.effectsUrl, '--secret', broken.secret!];
    const args = ['check', '--provider', 'noyo', ...target, '--fuzz', '--seed', 'saved', '--save', story];
    expect(await run(args, shell)).toBe(1);
    const file = readFileSync(story, 'utf8');
    const lines = [...file.matchAll(/^\/\/ \d+\. (.+)$/gm)].map(([, line]) => line);
    const [, difference] = /^\/\/ (In order: .+)$/m.exec(file)!;
    expect(lines.length).toBeLessThanOrEqual(4);

    const again = await replay(broken);
    expect(again.output).toContain(`${lines.join('; ')}: the state is another one. ${difference}`);
    expect(again.output).toMatch(/Tests {2}1 failed \(1\)/);
    expect(again.exit).toBe(1);

    const mended = await replay(await start('noyo-correct'));
    expect(mended.output).toMatch(/Tests {2}1 passed \(1\)/);
    expect(mended.exit).toBe(0);
  }, 240_000);

  it('passes the node:test example', async () => {
    const { exit, output } = await call(process.execPath, ['--test', 'hook.node.test.js']);
    expect(output).toMatch(/[#ℹ] pass 1\n/);
    expect(exit).toBe(0);
  }, 120_000);

  it('passes what the workflow runs, with ringer exec', async () => {
    const workflow = readFileSync(join(project, '.github/workflows/test.yml'), 'utf8');
    const [install, ...steps] = [...workflow.matchAll(/^ +- run: (.+)$/gm)].map(([, command]) => command!);
    expect([install, steps.length]).toEqual(['npm ci', 1]);
    const { exit, output } = await call('sh', ['-c', steps[0]!]);
    expect(output).toMatch(/[#ℹ] pass 1\n/);
    expect(exit).toBe(0);
  }, 120_000);

  it('has types that compile, strict and with the libraries checked', async () => {
    writeFileSync(
      join(project, 'use.ts'),
      readFileSync(join(ROOT, 'test/types/typed-events.ts'), 'utf8').replace('../../src/index.js', 'ringer'),
    );
    const flags = [
      '--strict',
      '--noEmit',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--lib',
      'es2023,esnext.disposable',
      '--types',
      'node',
    ];
    const { output } = await call(process.execPath, [TSC, ...flags, 'use.ts']);
    expect(output).toBe('');
  }, 120_000);
});
