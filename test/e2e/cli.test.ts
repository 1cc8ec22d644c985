import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuilt } from '../support/built.js';
import { type Called, ringer, runRinger } from '../support/command-line.js';
import { type Consumer, createConsumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ADMIN_TOKEN } from '../support/world.js';

describe('the command line beside its server', { timeout: 120_000 }, () => {
  let folder: string;
  let server: ServerProcess;
  let consumer: Consumer;
  const call = (args: string[], env: Record<string, string> = {}) =>
    ringer(args, { cwd: folder, env: { RINGER_ADMIN_TOKEN: ADMIN_TOKEN, ...env } });
  const json = async <T>(args: string[]): Promise<T> => {
    const called = await call([...args, '--json']);
    expect(called, called.stderr).toMatchObject({ exit: 0 });
    return JSON.parse(called.stdout) as T;
  };

  beforeAll(async () => {
    requireBuilt();
    folder = mkdtempSync(join(tmpdir(), 'ringer-cli-'));
    server = await startServer({ RINGER_DATA_DIR: join(folder, '.ringer') });
    consumer = await createConsumer(503);
  });
  afterAll(async () => {
    await server?.stop();
    await consumer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes an event from subscription to the end of its schedule, with no flag that names the server', async () => {
    const added = await json<{ id: string; secret: string }>([
      'subscriptions',
      'add',
      '--provider',
      'noyo',
      '--to',
      consumer.url,
    ]);
    expect(added.secret).toMatch(/^\w{43}$/);
    await json(['clock', 'set', 'manual', '--at', '2026-01-01T00:00:00Z']);
    const published = await json<{ id: string; deliveries: { id: string }[] }>([
      'trigger',
      'difference.created',
    ]);
    const delivery = published.deliveries[0]!.id;
    expect(await json(['clock', 'advance', '3d'])).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-04T00:00:00.000Z',
      attempts: 16,
      delivered: 0,
      failed: 1,
      pending: 0,
    });
    const shown = await call(['deliveries', 'show', delivery]);
    const lines = shown.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(33);
    expect(lines[1]).toBe(`--> difference.created [${published.id}] attempt 1/16`);
    expect(lines[2]).toMatch(/^<-- \[503\] POST http:\/\/127\.0\.0\.1:\d+\/hook \d+ms next in 7\.9s$/);
    expect(lines[31]).toBe(`--> difference.created [${published.id}] attempt 16/16 +3d`);
    consumer.answer(200);
    await json(['faults', 'add', 'bad_signature']);
    expect(await json(['deliveries', 'resend', delivery])).toMatchObject({ id: delivery });
    await json(['clock', 'advance', '0s']);
    await json(['faults', 'reset']);
    expect((await call(['deliveries', 'show', delivery])).stdout).toContain(
      'attempt 17 +3d\n    fault bad_signature (hostile): The signature has the right form and one wrong character',
    );
    expect(await json(['deliveries', 'show', delivery])).toMatchObject({
      status: 'delivered',
      attemptCount: 17,
    });
    const body = await call(['events', 'show', published.id, '--raw']);
    expect(body.stdout).toBe(consumer.received.at(-1)!.body.toString());
    const exported = await call(['deliveries', 'export', '--provider', 'noyo']);
    expect(
      exported.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([delivery]);
    const rotated = await call(['secrets', 'rotate', added.id, '--overlap', '24h']);
    expect(rotated).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^\w{43}\n$/),
      stderr: expect.stringMatching(
        /^it is shown this once\nthe old one signs too until \d{4}-\S+Z \(1d\)\n$/,
      ),
    });
    expect(await json(['secrets', 'list', added.id])).toMatchObject({
      data: [{ expiresAt: null }, { expiresAt: expect.any(String) }],
    });
  });

  it('prints every list and every noun as text and as one document', async () => {
    const nouns = [
      'subscriptions',
      'events',
      'deliveries',
      'clock',
      'receiver',
      'tenants',
      'keys',
      'providers',
    ];
    for (const noun of nouns) {
      const text = await call([noun]);
      expect(text, text.stderr).toMatchObject({ exit: 0 });
      expect(text.stdout, noun).not.toBe('');
      expect(await json([noun]), noun).toBeTypeOf('object');
    }
    expect((await json<{ data: unknown[] }>(['providers'])).data).toHaveLength(5);
    const shown = await call(['providers', 'show', 'noyo']);
    expect(shown.stdout).toContain('hmac-sha256 hex of {timestamp}.{body} in x-noyo-signature');
  });

  it('adds faults in words, lists them, and behaves again', async () => {
    const added = await json<{ id: string; params: object; first: number }>([
      'faults',
      'add',
      'late',
      'by=26h',
      'first=1',
    ]);
    expect(added).toMatchObject({ params: { by: 93_600_000 }, first: 1 });
    expect((await call(['faults', 'list'])).stdout).toMatch(
      new RegExp(`^${added.id} +late +legal +tenant +first 1`, 'm'),
    );
    expect(await json(['faults', 'remove', added.id])).toEqual({ id: added.id, removed: true });
    await call(['faults', 'add', 'duplicate_concurrent', 'n=3', 'match.event=order:*']);
    expect(await json(['faults', 'reset'])).toEqual({ reset: true });
    expect((await json<{ data: unknown[] }>(['faults'])).data).toEqual([]);
    expect(await call(['faults', 'add', 'gremlins'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('duplicate_concurrent'),
    });
    expect(await call(['faults', 'add', 'late', '26h'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('key=value'),
    });
    expect((await call(['faults', 'challenge'])).stdout).toMatch(
      /ringer-challenge must answer\n[0-9A-Za-z]{32}\n$/,
    );
  });

  it('says what keeps an event from those who are there, and infers whose it is', async () => {
    expect(await call(['scenarios'])).toMatchObject({ exit: 0, stdout: '', stderr: 'none\n' });
    const planned = await json<{ id: string; provider: string }>([
      'schedules',
      'add',
      '0 9 1 1 *',
      'refill:denied',
    ]);
    expect(planned.provider).toBe('novamed');
    await call(['schedules', 'remove', planned.id]);
    const nobody = await call(['trigger', 'refill:denied']);
    expect(nobody.stderr).toContain('no subscription wants it yet: ');
    const add = ['subscriptions', 'add', '--provider', 'novamed', '--to', consumer.url];
    const { id } = await json<{ id: string }>(add);
    const elsewhere = await call(['trigger', 'refill:denied', '--environment', 'production']);
    expect(elsewhere.stderr).toContain(
      `${id} hears of development, and this went to production: --environment development`,
    );
    await call(['subscriptions', 'remove', id]);
  });

  it('tells a life by its name, and plans what comes again', async () => {
    await json(['subscriptions', 'add', '--provider', 'healthsync', '--to', consumer.url]);
    const told = await json<{ id: string; steps: { at: string; type: string }[] }>([
      'trigger',
      '--scenario',
      'document',
      '--seed',
      '7',
    ]);
    expect(told.steps[0]).toMatchObject({ type: 'document.uploaded' });
    const again = await call([
      'trigger',
      '--provider',
      'healthsync',
      '--scenario',
      'document',
      '--seed',
      '7',
    ]);
    expect(again.stdout).toMatch(/^healthsync document \[scn_[0-9a-f-]{36}\] seed 7\n/);
    expect(again.stderr).toContain(`next: ringer clock advance --until ${told.steps.at(-1)!.at} --stop`);
    const { data } = await json<{ data: { id: string }[] }>(['scenarios']);
    expect(data.map(({ id }) => id)).toContain(told.id);
    expect((await call(['scenarios', 'show', told.id])).stdout).toContain('share.created');
    expect(await json(['scenarios', 'stop', told.id])).toEqual({ id: told.id, stopped: true });
    const added = await json<{ id: string; nextAt: string }>([
      ...['schedules', 'add', '0 9 * * mon', 'document.uploaded', '--provider', 'healthsync'],
      ...['--set', 'data.object.category=imaging'],
    ]);
    expect(added.nextAt).toMatch(/T09:00:00\.000Z$/);
    expect((await call(['schedules'])).stdout).toContain('0 9 * * mon');
    expect(await json(['schedules', 'remove', added.id])).toEqual({ id: added.id, removed: true });
    expect(await json(['schedules'])).toEqual({ data: [], nextCursor: null });
    for (const [args, complaint] of [
      [['trigger', '--scenario', 'nope'], 'No provider has a scenario "nope"'],
      [['trigger', 'x', '--scenario', 'document'], 'leave "x" out'],
      [['trigger'], 'Name the type of an event'],
      [['trigger', 'document.uploaded', '--seed', '7'], '--seed goes with --scenario'],
      [['schedules', 'add', 'often', 'document.uploaded', '--provider', 'healthsync'], 'cannot be read'],
    ] as const) {
      const refused = await call([...args]);
      expect(refused, args.join(' ')).toMatchObject({ exit: 2, stdout: '' });
      expect(refused.stderr).toContain(complaint);
    }
    expect((await call(['providers', 'show', 'healthsync'])).stdout).toMatch(
      /SCENARIO +TELLS\ndocument +A document/,
    );
  });

  it('changes a subscription by its verbs', async () => {
    const { id } = await json<{ id: string }>([
      'subscriptions',
      'add',
      '--provider',
      'healthsync',
      '--to',
      'receiver',
      '--event',
      'document.uploaded',
    ]);
    expect(await json(['subscriptions', 'pause', id])).toMatchObject({ status: 'paused' });
    expect(await json(['subscriptions', 'resume', id])).toMatchObject({ status: 'active' });
    expect(await json(['subscriptions', 'update', id, '--max-in-flight', '3'])).toMatchObject({
      maxInFlight: 3,
    });
    await json(['subscriptions', 'test', id]);
    await json(['clock', 'advance', '0s']);
    expect(await json(['subscriptions', 'stats', id])).toMatchObject({ delivered: 1, failed: 0 });
    const received = await json<{ requests: { verified: boolean }[] }>(['receiver']);
    expect(received.requests.at(-1)).toMatchObject({ verified: true, status: 200 });
    expect(await json(['subscriptions', 'recover', id, '--since', '2020-01-01T00:00:00Z'])).toMatchObject({
      count: 0,
    });
    await json(['subscriptions', 'remove', id]);
    expect(await call(['subscriptions', 'show', id])).toMatchObject({ exit: 1, stdout: '' });
  });

  it('makes tenants and keys with the operator’s token, and works in one by its key', async () => {
    const made = await json<{ id: string; key: string }>([
      'tenants',
      'create',
      'Team Billing',
      '--slug',
      'billing',
    ]);
    const own = await call([
      'clock',
      '--json',
      '--tenant',
      'billing',
      '--key',
      made.key,
      '--url',
      server.url,
    ]);
    expect(JSON.parse(own.stdout)).toMatchObject({ mode: 'system' });
    const reader = await call(['keys', 'create', '--tenant', 'billing', '--scope', 'read']);
    const refused = await call(['trigger', 'difference.created'], {
      RINGER_TENANT: 'billing',
      RINGER_KEY: reader.stdout.trim(),
    });
    expect(refused).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/^ringer: .*"read"/),
    });
    const stranger = await call(['clock', '--tenant', 'default', '--key', made.key]);
    expect(stranger).toMatchObject({ exit: 1, stderr: 'ringer: There is no such tenant.\n' });
    const notifyUrl = 'https://ops.example.com/ringer';
    expect(await json(['tenants', 'update', 'billing', '--notify-url', notifyUrl])).toMatchObject({
      notifyUrl,
    });
    expect(await json(['tenants', 'update', 'billing', '--notify-url', 'none'])).toMatchObject({
      name: 'Team Billing',
      notifyUrl: null,
    });
    await json(['tenants', 'remove', 'billing']);
  });

  it('tells apart a wrong call, a refusal and a thing that is not there', async () => {
    const cases: [string[], number, RegExp][] = [
      [['trigger', 'no.such.event'], 2, /No provider has an event "no.such.event"/],
      [['trigger', 'difference.created', '--set', 'data.id=7'], 2, /data\.id/],
      [['clock', 'advance', '3 days'], 2, /is no duration/],
      [['clock', 'advance', '--until', '2020-01-01T00:00:00Z'], 2, /only goes forward/],
      [['deliveries', '--status', 'lost'], 2, /Unknown "lost"; there are: pending/],
      [['deliveries', 'show', 'dlv_00000000-0000-7000-8000-000000000000'], 1, /no such delivery/],
      [['subscriptions', 'add', '--provider', 'noyo', '--to', 'http://10.0.0.1/'], 2, /cannot be reached/],
      [['clock', '--key', 'rgr_wrong'], 2, /not known here/],
    ];
    for (const [args, exit, message] of cases) {
      const called = await call(args);
      expect(called, args.join(' ')).toMatchObject({ exit, stdout: '' });
      expect(called.stderr, args.join(' ')).toMatch(message);
      expect(called.stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  it('follows a subscription live, and takes it away again', async () => {
    await json(['clock', 'set', 'system']);
    consumer.answer(200);
    const dev = runRinger(['dev', '--provider', 'healthsync', '--to', `${consumer.url}/dev`], {
      cwd: folder,
    });
    await eventually(() => expect(dev.stderr()).toContain('ringer ready on'));
    await json(['trigger', 'document.uploaded']);
    await eventually(() => expect(dev.stdout()).toContain('<--'));
    expect(dev.stdout()).toMatch(
      /^--> document\.uploaded \[evt_[0-9a-f-]+\] attempt 1\/5\n<-- \[200\] POST http:\/\/127\.0\.0\.1:\d+\/hook\/dev \d+ms\n$/,
    );
    dev.child.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ exit: 0 });
    const { data } = await json<{ data: { url: string }[] }>([
      'subscriptions',
      'list',
      '--provider',
      'healthsync',
    ]);
    expect(data.filter(({ url }) => url.endsWith('/dev'))).toEqual([]);
  });

  it('finds nothing to mend', async () => {
    const called = await call(['doctor', '--json']);
    expect(JSON.parse(called.stdout)).toMatchObject({ ok: true });
    expect(JSON.parse(called.stdout).settings).toContainEqual({
      variable: 'RINGER_PORT',
      value: '4700',
      from: 'default',
    });
    expect(called).toMatchObject({ exit: 0, stderr: '' });
    expect(called.stdout).not.toContain(ADMIN_TOKEN);
  });
});

describe('the command line without a server', { timeout: 120_000 }, () => {
  beforeAll(requireBuilt);

  it('says how to get one', async () => {
    const called = await ringer(['deliveries'], { cwd: temporaryFolder() });
    expect(called).toMatchObject({ exit: 2, stdout: '' });
    expect(called.stderr).toBe(
      'ringer: No server is known in .ringer. Start one with ringer start, or set RINGER_URL and RINGER_KEY.\n',
    );
  });

  it('lists its own providers, with a word that no server is there', async () => {
    const called = await ringer(['providers', '--json'], { cwd: temporaryFolder() });
    expect(JSON.parse(called.stdout).data).toHaveLength(5);
    expect(called).toMatchObject({ exit: 0, stderr: expect.stringContaining('no server is known here') });
  });

  it('prints how each authentication is asked for, in flags that do it', async () => {
    const cwd = temporaryFolder();
    const { stdout } = await ringer(['providers', 'show', 'healthsherpa'], { cwd });
    const flagsFor = (name: string) => new RegExp(`^${name} +(--.+)$`, 'm').exec(stdout)![1]!.split(' ');
    const consumer = await createConsumer();
    const arrived: Record<string, Record<string, string>> = {};
    for (const name of ['apiKey', 'basic', 'bearer', 'customHeaders', 'hmac']) {
      const sent = await ringer(['send', 'healthsherpa', 'sync', '--to', consumer.url, ...flagsFor(name)], {
        cwd,
      });
      expect(sent, sent.stderr).toMatchObject({ exit: 0 });
      arrived[name] = consumer.received.at(-1)!.headers;
    }
    await consumer.close();
    expect(arrived).toMatchObject({
      apiKey: { 'x-api-key': 'KEY' },
      basic: { authorization: `Basic ${Buffer.from('USER:PASSWORD').toString('base64')}` },
      bearer: { authorization: 'Bearer TOKEN' },
      customHeaders: { 'x-own': 'VALUE' },
      hmac: { 'x-webhook-signature': expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const wrong = await ringer(
      ['send', 'healthsherpa', 'sync', '--to', consumer.url, '--setting', 'auth.kind=oauth'],
      { cwd },
    );
    expect(wrong).toMatchObject({ exit: 2 });
    expect(wrong.stderr).toContain('one of none, apiKey, basic, bearer, customHeaders, oauth2');
  });

  it('does not show a key to a program that took the address of a killed server', async () => {
    const asked: string[] = [];
    const stranger = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
      response.end('<html>hello</html>');
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const cwd = temporaryFolder();
    const file = { url: `http://127.0.0.1:${port}`, version: '0.1.0', tenant: 'default' };
    const data = join(cwd, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'server.json'), JSON.stringify(file));
    writeFileSync(join(data, 'default-key'), 'rgr_secret');
    const called: Called = await ringer(['deliveries', '--data-dir', data], { cwd });
    stranger.close();
    expect(called).toMatchObject({ exit: 1, stdout: '' });
    expect(called.stderr).toContain('Another program answers at');
    expect(asked).toEqual(['/readyz']);
    expect((await ringer(['deliveries', '--data-dir', data], { cwd })).stderr).toContain('Nobody answers at');
  });

  it('prints help with examples, and its version', async () => {
    const help = await ringer(['--help']);
    expect(help).toMatchObject({ exit: 0, stderr: '' });
    expect(help.stdout).toMatch(/Examples:\n {2}ringer start/);
    const sub = await ringer(['clock', 'advance', '--help']);
    expect(sub.stdout).toContain('ringer clock advance 3d --stop');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await ringer(['--version'])).stdout).toBe(`${version}\n`);
    expect(await ringer([])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: ringer'),
    });
  });
});
