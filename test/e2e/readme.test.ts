import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consumers } from '../checks/consumers/index.js';
import { type Consumer, createConsumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const READERS_ENDPOINT = 'http://localhost:3000/hook';

interface Step {
  command: string;
  printed: string;
}

/** Every command of the README with what it says it prints, in order. */
const steps: Step[] = [...README.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .filter(Boolean)
    .map((part) => {
      const [command, ...printed] = part.split('\n');
      return { command: command!, printed: printed.join('\n') };
    }),
);

/** What differs from one run to the next stands for its kind. */
function kinds(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<instant>')
    .replace(/:(\d{4,5})\b(?=\/| |$)/gm, ':<port>')
    .replace(/(?<=secret {2,})\S{43}$/gm, '<secret>')
    .replace(/\b\d+ms$/gm, '<ms>')
    .trimEnd();
}

describe('the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-readme-'));
  const env = { ...process.env, RINGER_DATA_DIR: folder, RINGER_PORT: '0', NO_COLOR: '1', DATABASE_URL: '' };
  let consumer: Consumer;
  let server: ReturnType<typeof spawn>;
  let firstLine = '';
  let url = '';

  beforeAll(async () => {
    consumer = await createConsumer();
    // `npm ci` has been run by whoever runs this; the second half of the first command is run here.
    server = spawn('npm', ['start', '--silent'], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    server.stdout!.on('data', (chunk: Buffer) => {
      firstLine += chunk;
    });
    await eventually(() => expect(firstLine).toContain('ready on'), 30_000);
    url = /http\S+/.exec(firstLine)![0];
  });

  afterAll(async () => {
    process.kill(-server.pid!, 'SIGTERM');
    await once(server, 'exit');
    await consumer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Deliveries that have no attempt yet. */
  async function untried(): Promise<unknown[]> {
    const key = readFileSync(join(folder, 'default-key'), 'utf8').trim();
    const answer = await fetch(`${url}/api/v1/tenants/default/deliveries?limit=200`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { data } = (await answer.json()) as { data: { attemptCount: number }[] };
    return data.filter(({ attemptCount }) => attemptCount === 0);
  }

  it('has its commands where people look first', () => {
    expect(steps.length).toBeGreaterThanOrEqual(9);
    expect(steps[0]!.command).toBe('npm ci && npm start');
    expect(README.indexOf('npm ci && npm start')).toBeLessThan(900);
  });

  it('prints what it says it prints, command by command', async () => {
    expect(kinds(firstLine)).toBe(kinds(steps[0]!.printed));
    for (const { command, printed } of steps.slice(1)) {
      const here = command
        .replace(READERS_ENDPOINT, consumer.url)
        .replace('.ringer/default-key', join(folder, 'default-key'))
        .replace('http://127.0.0.1:4700', url);
      const says = kinds(printed).replaceAll('localhost:<port>', '127.0.0.1:<port>');
      const { stdout } = await promisify(execFile)('bash', ['-c', here], { cwd: ROOT, env });
      expect(kinds(stdout), command).toBe(says);
      // A reader takes longer to type the next one than a first attempt takes.
      await eventually(async () => expect(await untried()).toEqual([]), 60_000);
    }
    expect(consumer.received).toHaveLength(1);
  }, 120_000);

  /** What the snippet that imports this package prints. */
  async function run(imported: string): Promise<string> {
    const snippets = [...README.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    const code = snippets.find((text) => text.includes(`from '${imported}'`))!;
    const here = code.replace(READERS_ENDPOINT, consumer.url).replace('http://127.0.0.1:4700', url);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', here], {
      cwd: ROOT,
      env: { ...env, RINGER_KEY: readFileSync(join(folder, 'default-key'), 'utf8').trim() },
    });
    return stdout;
  }

  it('manages Voyado by the official SDK', async () => {
    consumer.clear();
    expect(await run('svix')).toBe('point.balance.updated\n');
    const [request] = await consumer.got(1);
    expect(request!.headers['svix-id']).toMatch(/^msg_/);
  });

  it('checks a consumer, and reports on it', async () => {
    const correct = consumers.find(({ provider, bug }) => provider === 'noyo' && bug === null)!;
    const command = /^```sh\n(npm run -s ringer -- check .*)\n```$/m.exec(README)![1]!;
    const started = await correct.start();
    try {
      const here = command
        .replace(READERS_ENDPOINT, started.url)
        .replace('my-webhook-secret', started.secret ?? '')
        .replace('report.html', join(folder, 'report.html'));
      // Exit 0: nothing that must hold is broken.
      await promisify(execFile)('bash', ['-c', here], { cwd: ROOT, env });
      expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<svg');
    } finally {
      await started.close();
    }
  }, 120_000);
});
