import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { requireBuilt } from '../support/built.js';
import { ringer, runRinger } from '../support/command-line.js';
import { createConsumer, type Received } from '../support/consumer.js';
import { cuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { cloneDatabase } from '../support/world.js';

interface Page<T> {
  data: T[];
}

async function started(env: Record<string, string>): Promise<ServerProcess & { ms: number }> {
  const from = performance.now();
  const server = await startServer(env);
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill();
  });
  return Object.assign(server, { ms: Math.round(performance.now() - from) });
}

describe('ringer start', { timeout: 120_000 }, () => {
  beforeAll(requireBuilt);

  it('can be used as soon as it says so, stops at SIGTERM with 0, and comes back with everything', async () => {
    const folder = join(temporaryFolder(), 'data');
    const cold = await started({ RINGER_DATA_DIR: folder });
    expect(await cold.call('GET', '/readyz')).toMatchObject({ ready: true });
    expect(JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8'))).toMatchObject({
      url: cold.url,
      tenant: 'default',
    });
    await cold.call('POST', '/api/v1/tenants', { name: 'kept' });
    expect(await cold.stop()).toBe(0);
    expect(existsSync(join(folder, 'server.json'))).toBe(false);
    const warm = await started({ RINGER_DATA_DIR: folder });
    console.log(`start: ${cold.ms} ms from cold, ${warm.ms} ms from warm, of the process, to its ready line`);
    expect(await warm.call('GET', '/api/v1/tenants/kept')).toMatchObject({ name: 'kept' });
    expect(await warm.stop()).toBe(0);
  });

  it('prints one line on stdout, and what a person reads on stderr', async () => {
    const cwd = temporaryFolder();
    const run = runRinger(['start', '--port', '0', '--data-dir', 'here'], { cwd, env: { RINGER_JSON: '1' } });
    await eventually(() => expect(run.stdout()).not.toBe(''));
    run.child.kill('SIGINT');
    const { exit, stdout, stderr } = await run.ended;
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ringer ready on http:\/\/127\.0\.0\.1:\d+\n$/);
    for (const word of [
      'database  embedded, in here',
      'egress    local: deliveries may go to this machine and to public addresses',
      'tenant    default; its key lies in here/default-key',
      'operator  the token lies in here/admin-token',
      'receiver  http://127.0.0.1:',
      'next      ringer subscriptions add --provider ',
    ]) {
      expect(stderr).toContain(word);
    }
  });

  it('in memory names the server and its key in the command that it says next', async () => {
    const run = runRinger(['start', '--port', '0'], {
      cwd: temporaryFolder(),
      env: { RINGER_DATA_DIR: 'memory:' },
    });
    await eventually(() => expect(run.stdout()).not.toBe(''));
    const url = run.stdout().trim().split(' ').at(-1);
    run.child.kill('SIGINT');
    const { stderr } = await run.ended;
    const key = /its key is (rgr_\S+)/.exec(stderr)?.[1];
    expect(stderr).toContain(
      `next      RINGER_URL=${url} RINGER_KEY=${key} ringer subscriptions add --provider `,
    );
  });

  it('names a taken port at once, and touches nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const cwd = temporaryFolder();
    const called = await ringer(['start', '--port', String(port)], { cwd });
    expect(called).toMatchObject({ exit: 2, stdout: '' });
    expect(called.stderr).toBe(
      `ringer: Port ${port} on 127.0.0.1 is taken. Stop what listens there, or set RINGER_PORT to another one (0: any free one).\n`,
    );
    expect(existsSync(join(cwd, '.ringer'))).toBe(false);
  });

  it('waits for a folder that another one holds, says so, and exits with 2', async () => {
    const folder = join(temporaryFolder(), 'data');
    const first = await started({ RINGER_DATA_DIR: folder });
    const second = await ringer(['start', '--port', '0'], { env: { RINGER_DATA_DIR: folder } });
    expect(second).toMatchObject({ exit: 2, stdout: '' });
    expect(second.stderr).toContain('waiting up to 10 s');
    expect(second.stderr).toContain(`ringer: Another process holds the data folder ${folder}.`);
    expect(second.ms).toBeGreaterThan(9_000);
    expect(await first.call('GET', '/healthz')).toMatchObject({ status: 'ok' });
  });

  it('starts again at once after kill -9, and what was published goes out', async () => {
    const folder = join(temporaryFolder(), 'data');
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    const first = await started({ RINGER_DATA_DIR: folder });
    await first.call('POST', '/api/v1/tenants/default/subscriptions', {
      provider: 'healthsync',
      url: consumer.url,
    });
    await first.call('POST', '/api/v1/tenants/default/events', {
      provider: 'healthsync',
      type: 'document.uploaded',
    });
    await first.kill();
    expect(existsSync(join(folder, 'server.json'))).toBe(true);
    const second = await started({ RINGER_DATA_DIR: folder });
    await consumer.got(1);
    expect(JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8'))).toMatchObject({ url: second.url });
    await eventually(async () => {
      const { data } = await second.call<Page<{ status: string }>>(
        'GET',
        '/api/v1/tenants/default/deliveries',
      );
      expect(data.map(({ status }) => status)).toEqual(['delivered']);
    });
  });

  it('finishes what is in flight before it stops', async () => {
    const folder = join(temporaryFolder(), 'data');
    let answer = (): void => {};
    const answering = new Promise<void>((done) => {
      answer = done;
    });
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    consumer.answer(async () => {
      await answering;
      return 200;
    });
    const first = await started({ RINGER_DATA_DIR: folder });
    await first.call('POST', '/api/v1/tenants/default/subscriptions', {
      provider: 'noyo',
      url: consumer.url,
    });
    await first.call('POST', '/api/v1/tenants/default/events', {
      provider: 'noyo',
      type: 'difference.created',
    });
    await consumer.got(1);
    const stopping = first.stop();
    await eventually(() => expect(fetch(`${first.url}/healthz`)).rejects.toThrow());
    answer();
    expect(await stopping).toBe(0);
    const second = await started({ RINGER_DATA_DIR: folder });
    const { data } = await second.call<Page<object>>('GET', '/api/v1/tenants/default/deliveries');
    expect(data).toMatchObject([{ status: 'delivered', attemptCount: 1 }]);
    expect(consumer.received).toHaveLength(1);
  });

  it('brings about what a file declares, once', async () => {
    const cwd = temporaryFolder();
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    const file = join(cwd, 'ringer.json');
    const declared = {
      tenants: {
        acme: {
          name: 'Acme',
          retention: '30d',
          notifyUrl: { env: 'NOTIFY_URL' },
          providers: { noyo: { settings: { keyOrder: 'shuffled' } } },
          subscriptions: [
            { provider: 'noyo', url: consumer.url, secret: { env: 'NOYO_SECRET' }, presets: ['body'] },
            {
              ...{ provider: 'healthsync', url: 'receiver', events: ['document.uploaded'] },
              ...{ headers: { 'x-own': 'mine' }, rateLimit: 5, maxInFlight: 2 },
            },
          ],
        },
      },
    };
    writeFileSync(file, JSON.stringify(declared));
    const env = {
      RINGER_DATA_DIR: join(cwd, 'data'),
      RINGER_CONFIG: file,
      NOYO_SECRET: 'first',
      NOTIFY_URL: 'https://ops.example.com/ringer',
      RINGER_PORT: '0',
    };
    const look = async (server: ServerProcess) => ({
      tenant: await server.call<object>('GET', '/api/v1/tenants/acme'),
      provider: await server.call<object>('GET', '/api/v1/tenants/acme/providers/noyo'),
      subscriptions: (
        await server.call<Page<{ id: string; provider: string }>>('GET', '/api/v1/tenants/acme/subscriptions')
      ).data,
    });
    const first = await started(env);
    const before = await look(first);
    expect(before.tenant).toMatchObject({
      name: 'Acme',
      retentionMs: 30 * 86_400_000,
      notifyUrl: 'https://ops.example.com/ringer',
    });
    expect(before.subscriptions.find(({ provider }) => provider === 'healthsync')).toMatchObject({
      rateLimit: 5,
      maxInFlight: 2,
      headers: { 'x-own': expect.any(String) },
    });
    expect(before.provider).toMatchObject({ settings: { keyOrder: 'shuffled' } });
    const noyo = before.subscriptions.find(({ provider }) => provider === 'noyo')!;
    expect(before.subscriptions).toHaveLength(2);
    await first.call('POST', `/api/v1/tenants/acme/subscriptions/${noyo.id}/pause`);
    await first.stop();
    const second = await started({ ...env, NOYO_SECRET: 'second' });
    const after = await look(second);
    expect(after.subscriptions.map(({ id }) => id)).toContain(noyo.id);
    expect(after.subscriptions.find(({ id }) => id === noyo.id)).toMatchObject({
      status: 'paused',
      presets: ['body'],
    });
    await second.call('POST', `/api/v1/tenants/acme/subscriptions/${noyo.id}/resume`);
    await second.call('POST', '/api/v1/tenants/acme/events', {
      provider: 'noyo',
      type: 'difference.created',
    });
    const [{ body, headers }] = (await consumer.got(1)) as [Received];
    expect(headers['x-noyo-signature']).toBe(createHmac('sha256', 'second').update(body).digest('hex'));
    await second.stop();
    writeFileSync(
      file,
      JSON.stringify({ tenants: { acme: { subscriptions: [{ provider: 'noyo', url: 'x' }] } } }),
    );
    const bad = await ringer(['start', '--config', file], { env });
    expect(bad).toMatchObject({ exit: 2, stdout: '' });
    expect(bad.stderr).toContain('ringer: tenants.acme.subscriptions.0: ');
    writeFileSync(file, JSON.stringify(declared));
    const { NOYO_SECRET: _, ...without } = env;
    const unset = await ringer(['start'], { env: without });
    expect(unset).toMatchObject({ exit: 2 });
    expect(unset.stderr).toContain(
      'tenants.acme.subscriptions.0.secret wants the variable NOYO_SECRET, which is not set.',
    );
  });

  it('names a data folder that cannot be one', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const folder of ['/proc/nope', file, join(file, 'below')]) {
      const called = await ringer(['start'], { env: { RINGER_DATA_DIR: folder, RINGER_PORT: '0' } });
      expect(called, folder).toMatchObject({ exit: 2, stdout: '' });
      expect(called.stderr).toMatch(
        /^ringer: The data folder .* cannot be used \(.+\)\. Set RINGER_DATA_DIR to /,
      );
    }
  });

  it('opens health and metrics only where it is no more than a dispatcher', async () => {
    const server = await started({
      RINGER_DATA_DIR: join(temporaryFolder(), 'data'),
      RINGER_ROLE: 'dispatcher',
    });
    expect(await server.call('GET', '/healthz')).toMatchObject({ status: 'ok' });
    expect(await server.call('GET', '/readyz')).toMatchObject({ ready: true });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('ringer_attempts_total 0');
    await expect(server.call('GET', '/api/v1/tenants')).rejects.toThrow(/404/);
  });

  it.each([
    ['RINGER_PORT', 'x', /RINGER_PORT/],
    ['RINGER_PROT', '1', /Unknown variable RINGER_PROT/],
    ['RINGER_ADMIN_TOKEN', 'short', /at least 16 characters/],
    ['RINGER_EGRESS', 'everything', /RINGER_EGRESS/],
  ])('refuses %s=%s in one line', async (name, value, message) => {
    const called = await ringer(['start'], { cwd: temporaryFolder(), env: { [name]: value } });
    expect(called).toMatchObject({ exit: 2, stdout: '' });
    expect(called.stderr).toMatch(message);
    expect(called.stderr.trim().split('\n')).toHaveLength(1);
  });

  if (inject('server')) {
    it('leaves in time when the database does not answer any more, and says so', async () => {
      const { url, drop } = await cloneDatabase();
      await using proxy = await cuttingProxy(url!);
      const server = await started({
        DATABASE_URL: proxy.url,
        RINGER_DATA_DIR: join(temporaryFolder(), 'data'),
        RINGER_STOP_WITHIN: '500ms',
      });
      proxy.freeze();
      expect(await server.stop()).toBe(1);
      expect(server.stderr()).toContain(
        'the database does not answer: left after 500ms (RINGER_STOP_WITHIN)',
      );
      await drop!();
    });

    it('a dispatcher sends to the receiver of the process that takes requests, and never to that process', async () => {
      const { url, drop } = await cloneDatabase();
      const shared = {
        DATABASE_URL: url!,
        RINGER_DATA_DIR: 'memory:',
        RINGER_SECRET_KEY: randomBytes(32).toString('base64'),
      };
      const api = await started({ ...shared, RINGER_ROLE: 'api' });
      const dispatcher = await started({ ...shared, RINGER_ROLE: 'dispatcher' });
      const { id: tenant } = await api.call<{ id: string }>('POST', '/api/v1/tenants', { name: 'shared' });
      const at = `/api/v1/tenants/${tenant}`;
      const { url: receiver } = await api.call<{ url: string }>('GET', `${at}/receiver`);
      const subscribe = async (target: string) =>
        (
          await api.call<{ id: string }>('POST', `${at}/subscriptions`, {
            provider: 'novamed',
            url: target,
          })
        ).id;
      const toReceiver = await subscribe(receiver);
      const toApi = await subscribe('http://127.0.0.1:9/');
      const client = new pg.Client({ connectionString: url! });
      await client.connect();
      await client.query('UPDATE subscription SET url = $2 WHERE id = $1', [
        toApi.slice(4),
        `${api.url}/hook`,
      ]);
      await client.end();
      await api.call('POST', `${at}/events`, { provider: 'novamed', type: 'order:created' });
      type Delivery = { subscriptionId: string; status: string; reason: string | null };
      await eventually(async () => {
        const { data } = await api.call<Page<Delivery>>('GET', `${at}/deliveries`);
        expect(new Map(data.map((d) => [d.subscriptionId, [d.status, d.reason]]))).toEqual(
          new Map([
            [toReceiver, ['delivered', null]],
            [toApi, ['failed', 'egress_blocked']],
          ]),
        );
      }, 60_000);
      await Promise.all([api.stop(), dispatcher.stop()]);
      await drop!();
    });
  }
});
