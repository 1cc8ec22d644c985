import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { requireBuilt } from '../support/built.js';
import { ringer, runRinger } from '../support/command-line.js';
import { createConsumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
const NODE = process.execPath;

beforeAll(requireBuilt);

describe('ringer exec', () => {
  it('runs a command with a server, its key and a secret for each provider, and keeps nothing', async () => {
    const cwd = temporaryFolder();
    const script = `
      const { RINGER_URL, RINGER_KEY, RINGER_TENANT, ...env } = process.env;
      const headers = { authorization: 'Bearer ' + RINGER_KEY };
      const clock = await fetch(RINGER_URL + '/api/v1/tenants/' + RINGER_TENANT + '/clock', { headers });
      console.log(clock.status, Object.keys(env).filter((name) => name.startsWith('RINGER_SECRET_')).sort().join(' '));`;
    const { exit, stdout } = await ringer(['exec', '--', NODE, '--input-type=module', '-e', script], { cwd });
    expect([exit, stdout]).toEqual([
      0,
      '200 RINGER_SECRET_HEALTHSHERPA RINGER_SECRET_HEALTHSYNC RINGER_SECRET_NOVAMED RINGER_SECRET_NOYO RINGER_SECRET_VOYADO\n',
    ]);
    expect(existsSync(join(cwd, '.ringer'))).toBe(false);
  }, 60_000);

  it('subscribes beforehand, so that a verb in the command reaches the consumer', async () => {
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    const { exit } = await ringer(
      [
        'exec',
        '--to',
        consumer.url,
        '--',
        'sh',
        '-c',
        `"${NODE}" "${BIN}" trigger difference.created && "${NODE}" "${BIN}" clock advance 0s --stop`,
      ],
      { env: { RINGER_SECRET_NOYO: 'my-webhook-secret' } },
    );
    expect(exit).toBe(0);
    expect(consumer.received[0]!.headers['x-noyo-signature']).toMatch(/^[0-9a-f]{64}$/);
  }, 60_000);

  it('keeps its hands off the database of the command', async () => {
    const mine = 'postgresql://app@127.0.0.1:1/app';
    const { exit, stdout } = await ringer(
      ['exec', '--', NODE, '-e', 'console.log(process.env.DATABASE_URL)'],
      { env: { DATABASE_URL: mine } },
    );
    expect([exit, stdout]).toEqual([0, `${mine}\n`]);
    const named = await ringer(['exec', '--database-url', mine, '--', NODE, '-e', '']);
    expect(named.exit).toBe(2);
  }, 60_000);

  it('passes on the exit code, and says what cannot be run', async () => {
    expect((await ringer(['exec', '--', NODE, '-e', 'process.exit(7)'])).exit).toBe(7);
    const missing = await ringer(['exec', '--', '/nowhere/at-all']);
    expect(missing.exit).toBe(2);
    expect(missing.stderr).toContain('"/nowhere/at-all" cannot be run');
  }, 60_000);

  it.each([
    ['SIGTERM', "process.on('SIGTERM', () => { console.log('told'); process.exit(9); });", 9],
    ['SIGINT', '', 130],
  ] as const)(
    'passes on %s',
    async (signal, handler, exit) => {
      const script = `${handler} console.log('up'); setInterval(() => {}, 1000);`;
      const running = runRinger(['exec', '--', NODE, '-e', script]);
      await eventually(() => expect(running.stdout()).toContain('up'), 60_000);
      running.child.kill(signal);
      const ended = await running.ended;
      expect(ended.exit).toBe(exit);
      if (exit === 9) expect(ended.stdout).toContain('told');
    },
    90_000,
  );

  it('runs a listener, which knows the secrets', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      const listener = spawn(process.execPath, ['${BIN}', 'listen', '--json'], { env: { ...process.env, RINGER_PORT: '1', RINGER_LISTEN_PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'] });
      const say = (text) => new Promise((done, fail) => spawn(process.execPath, ['${BIN}', ...text], { stdio: 'inherit' }).once('exit', done));
      listener.stderr.once('data', async (line) => {
        const url = /http:\\S+?(?=;)/.exec(String(line))[0];
        await say(['send', 'voyado', 'contact.created', '--to', url + '/hook', '--secret', process.env.RINGER_SECRET_VOYADO]);
      });
      listener.stdout.once('data', (line) => { console.log(String(line)); listener.kill('SIGTERM'); });
      listener.once('exit', (code) => process.exit(code));`;
    const { exit, stdout } = await ringer(['exec', '--', NODE, '-e', script]);
    expect(stdout).toMatch(/"provider":"voyado".*"verdict":"valid"/);
    expect(exit).toBe(0);
  }, 90_000);
});
