import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import { checkConsumer, createRinger } from '../../src/index.js';
import { createConsumer } from '../support/consumer.js';
import { quietShell } from '../support/quiet-shell.js';
import { consumers, type Started } from './consumers/index.js';

const folder = mkdtempSync(join(tmpdir(), 'ringer-checks-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function against<T>(name: string, work: (started: Started) => Promise<T>): Promise<T> {
  const started = await consumers.find((consumer) => consumer.name === name)!.start();
  try {
    return await work(started);
  } finally {
    await started.close();
  }
}

vi.setConfig({ testTimeout: 180_000 });

describe('ringer check', () => {
  const args = ({ url, secret }: Started, ...more: string[]) => [
    'check',
    '--provider',
    'noyo',
    '--to',
    url,
    '--secret',
    secret!,
    '--only',
    'SIG',
    '--seed',
    '5',
    ...more,
  ];

  it('exits 1 on a finding, and writes reports that say what to do', async () => {
    await against('noyo-no-timestamp-check', async (started) => {
      const shell = quietShell();
      const file = (name: string) => join(folder, name);
      const reports = ['json', 'junit', 'html'].flatMap((format) => [
        '--report',
        `${format}=${file(format)}`,
      ]);
      expect(await run(args(started, ...reports), shell)).toBe(1);
      const talk = shell.told.join('\n');
      expect(talk).toMatch(/\d+\/11 {2}FAIL {2}SIG-05 {3}A timestamp of ten minutes ago is refused/);
      expect(shell.data.join('\n')).toContain('reproduce  ringer check --provider noyo');
      const json = JSON.parse(readFileSync(file('json'), 'utf8'));
      expect(Object.keys(json)).toEqual([
        ...['provider', 'target', 'level', 'seed', 'startedAt', 'durationMs'],
        ...['passed', 'failed', 'skipped', 'notApplicable', 'notReached', 'checks'],
      ]);
      expect(Object.keys(json.checks[0])).toEqual([
        ...['id', 'title', 'verdict', 'severity', 'reason', 'cause', 'evidence', 'reproduce', 'source'],
      ]);
      expect(readFileSync(file('junit'), 'utf8')).toContain(
        '<failure message="a timestamp ten minutes old: 200',
      );
      const html = readFileSync(file('html'), 'utf8');
      expect(html).toContain('Not ready: 2 of 11 checks found what must be mended');
      expect(html).toContain('The age of the timestamp is not checked');
      expect(html).toContain('An event with a timestamp ten minutes old, correctly signed.');
      expect(html).toMatch(/ask everything again[\s\S]{0,120}<pre>ringer check --provider noyo (?!.*--only)/);
      expect(html).toMatch(/<rect [^>]+><title>SIG-05 · a timestamp ten minutes old · 200/);
      expect(html).not.toMatch(/<script|src=|url\(/);
      for (const name of ['json', 'junit', 'html'])
        expect(readFileSync(file(name), 'utf8'), name).not.toContain(started.secret);
    });
  });

  it('exits 0 where nothing is found, with one document for a program', async () => {
    await against('noyo-correct', async (started) => {
      const shell = quietShell();
      expect(await run(args(started, '--json'), shell)).toBe(0);
      expect(JSON.parse(shell.data.join(''))).toMatchObject({
        provider: 'noyo',
        failed: 0,
        seed: '5',
        level: 0,
      });
      expect(shell.told).toEqual([]);
    });
  });

  it.each([
    ['no target', ['check', '--provider', 'noyo']],
    ['no secret', ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/']],
    [
      'no such check',
      ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/', '--secret', 's', '--only', 'X-1'],
    ],
    [
      'no such level',
      ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/', '--secret', 's', '--level', '3'],
    ],
    ['no such report', ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/', '--report', 'pdf=x']],
    [
      'no state to judge stories by',
      ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/', '--fuzz'],
    ],
    [
      'a level that looks at a state, and none to look at',
      ['check', '--provider', 'noyo', '--to', 'http://127.0.0.1:9/', '--secret', 's', '--level', '1'],
    ],
    [
      'a report that has no folder',
      [
        'check',
        '--provider',
        'noyo',
        '--to',
        'http://127.0.0.1:9/',
        '--secret',
        's',
        '--report',
        'html=/no/x',
      ],
    ],
  ])('exits 2 with a word on what to change: %s', async (_, argv) => {
    const shell = quietShell();
    expect(await run(argv, shell)).toBe(2);
    expect(shell.told.join('\n')).toMatch(/^ringer: .+\./);
  });

  it.each([
    ['dead', 'http://127.0.0.1:9/', 'The effects probe gives no answer'],
    ['silent', null, 'The effects probe answers no JSON'],
  ])('exits 2 where the probe is %s, and sends nothing', async (_, given, why) => {
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    const page = await createConsumer();
    onTestFinished(() => page.close());
    page.answer({ status: 200, body: '<html>' });
    const shell = quietShell();
    const target = ['check', '--provider', 'noyo', '--to', consumer.url, '--secret', 's'];
    expect(await run([...target, '--effects', given ?? page.url], shell)).toBe(2);
    expect(shell.told.join('\n')).toContain(why);
    expect(consumer.received).toEqual([]);
  });

  it('exits 1 where nothing could be asked, and says so', async () => {
    await against('noyo-correct', async ({ url }) => {
      const shell = quietShell();
      const target = ['check', '--provider', 'noyo', '--to', url, '--secret', 'wrong', '--only', 'SIG-02'];
      expect(await run(target, shell)).toBe(1);
      expect(shell.data.join('\n')).toContain('Nothing could be asked: A valid event is not taken');
      const more = quietShell();
      expect(await run([...target.slice(0, -1), 'SIG-02,ACK-05'], more)).toBe(1);
      expect(more.data.join('\n')).toContain('Not ready: 1 of 2 checks say nothing. A valid event is not');
    });
  });

  it('asks a consumer again that runs on, by the same seed, and finds the same', async () => {
    await against('noyo-follows-arrival', async ({ url, effectsUrl, secret }) => {
      const wanted = { provider: 'noyo', url, secret: secret!, effects: effectsUrl, seed: 'again' };
      for (const _ of ['first', 'second']) {
        const { report } = await checkConsumer({ ...wanted, only: ['ORD-02'] });
        expect(report.checks).toMatchObject([{ verdict: 'fail' }]);
      }
    });
    await against('noyo-correct', async ({ url, effectsUrl, secret }) => {
      const wanted = { provider: 'noyo', url, secret: secret!, effects: effectsUrl, seed: 'again' };
      for (const _ of ['first', 'second']) {
        const { report } = await checkConsumer({ ...wanted, only: ['DUP-01', 'ORD'] });
        expect(report).toMatchObject({ passed: 4, skipped: 0 });
      }
    });
  });

  it('sends nothing hostile to a stranger', async () => {
    const shell = quietShell({ RINGER_EGRESS_ALLOW: '192.0.2.0/24' });
    const argv = ['check', '--provider', 'noyo', '--to', 'http://192.0.2.1:9/', '--secret', 's', '--json'];
    await run([...argv, '--timeout', '100ms', '--only', 'SIG-02'], shell);
    const { checks } = JSON.parse(shell.data.join(''));
    expect(checks).toMatchObject([
      { verdict: 'skip', evidence: [], reason: expect.stringContaining('challenge') },
    ]);
  });

  it('is there in the library, with a function for the state', async () => {
    await against('healthsync-never-remembers', async ({ url, effectsUrl, secret }) => {
      await using ringer = await createRinger();
      const tenant = await ringer.tenant();
      const state = async () => (await fetch(effectsUrl)).json();
      const { report } = await tenant.check({
        provider: 'healthsync',
        url,
        secret: secret!,
        effects: state,
        only: ['SEC-01', 'SIG-01'],
      });
      expect(report).toMatchObject({ level: 1, passed: 1, failed: 1 });
    });
  });
});
