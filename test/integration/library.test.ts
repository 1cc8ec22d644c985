import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AppError, ConfigError, createRinger, type Ringer, type RingerOptions } from '../../src/index.js';
import { asText } from '../../src/lib/bytes.js';
import type { ClockSetting } from '../../src/library/clock.js';
import { type Consumer, createConsumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';

const START = '2026-01-01T00:00:00.000Z';
const DIFFERENCE = 'b6d4f0a2-5f0c-4f0e-9a4e-0c8a3f4c1d21';

async function consumer(status = 200): Promise<Consumer> {
  const made = await createConsumer(status);
  onTestFinished(() => made.close());
  return made;
}

async function opened(options: RingerOptions = {}): Promise<Ringer> {
  const made = await createRinger(options);
  onTestFinished(() => made.close());
  return made;
}

describe('the library', () => {
  let ringer: Ringer;
  beforeAll(async () => {
    ringer = await createRinger();
  });
  afterAll(() => ringer.close());

  it('takes a subscription through three days of retries in one line', async () => {
    const endpoint = await consumer(503);
    const tenant = await ringer.tenant();
    await tenant.clock.set(START);
    const subscription = await tenant.subscribe({ provider: 'noyo', url: endpoint.url });
    expect(subscription.secret).toMatch(/^\w{43}$/);
    const event = await tenant.send('difference.created', {
      provider: 'noyo',
      data: { data: { id: DIFFERENCE } },
    });
    expect(await tenant.clock.advance('3d')).toEqual({
      from: START,
      to: '2026-01-04T00:00:00.000Z',
      attempts: 16,
      delivered: 0,
      failed: 1,
      pending: 0,
    });
    const [delivery] = await tenant.deliveries();
    expect(delivery).toMatchObject({
      eventId: event.id,
      status: 'failed',
      reason: 'exhausted',
      attemptCount: 16,
    });
    expect(delivery!.attempts).toHaveLength(16);
    expect(endpoint.received).toHaveLength(16);
    expect(endpoint.received[0]!.body).toEqual(Buffer.from(await tenant.body(event.id)));
    expect(JSON.parse(String(endpoint.received[0]!.body)).data.id).toBe(DIFFERENCE);
  });

  it('moves a clock by text and by milliseconds, to the next instant, and until nothing is left', async () => {
    const endpoint = await consumer(503);
    const tenant = await ringer.tenant();
    await tenant.clock.set(new Date(START));
    await tenant.subscribe({ provider: 'healthsync', url: endpoint.url });
    await tenant.send('document.uploaded', { provider: 'healthsync' });
    expect(await tenant.clock.advance(0)).toMatchObject({ to: START });
    expect(await tenant.clock.toNext()).toMatchObject({ to: '2026-01-01T00:01:00.000Z', attempts: 1 });
    expect(await tenant.clock.advance(60_000)).toMatchObject({ attempts: 0, pending: 1 });
    expect(await tenant.clock.advanceTo('2026-01-01T00:06:00.000Z')).toMatchObject({ attempts: 1 });
    expect(await tenant.clock.untilIdle()).toMatchObject({ attempts: 2, failed: 1, pending: 0 });
    expect((await tenant.clock.now()).toISOString()).toBe('2026-01-01T01:36:00.000Z');
  });

  it('stops a running clock when it is moved', async () => {
    const tenant = await ringer.tenant();
    const before = await tenant.clock.now();
    await tenant.clock.advance('1h');
    expect((await tenant.clock.now()).getTime() - before.getTime()).toBeGreaterThanOrEqual(3_600_000);
    expect(await tenant.clock.set({ mode: 'scaled', rate: 60 })).toMatchObject({ mode: 'scaled', rate: 60 });
  });

  it('waits for a delivery, and says what there is when none comes', async () => {
    const endpoint = await consumer();
    const tenant = await ringer.tenant();
    await tenant.subscribe({ provider: 'voyado', url: endpoint.url });
    const waiting = tenant.waitFor((delivery) => delivery.status === 'delivered');
    await tenant.send('contact.created', { provider: 'voyado' });
    expect(await waiting).toMatchObject({
      eventType: 'contact.created',
      status: 'delivered',
      attemptCount: 1,
    });
    await expect(tenant.waitFor(({ status }) => status === 'failed', { timeoutMs: 50 })).rejects.toThrow(
      'waitFor: no delivery fits within 50ms; there are: 1 delivered.',
    );
  });

  it('pauses, resumes, rotates, configures, resends and resets', async () => {
    const endpoint = await consumer();
    const tenant = await ringer.tenant();
    const { id } = await tenant.subscribe({ provider: 'noyo', url: endpoint.url, secret: 'first-secret' });
    expect(await tenant.pause(id)).toMatchObject({ status: 'paused' });
    await tenant.send('difference.created', { provider: 'noyo' });
    expect(await tenant.deliveries({ status: 'held' })).toHaveLength(1);
    await tenant.resume(id);
    const delivered = await tenant.waitFor(({ status }) => status === 'delivered');
    expect((await tenant.rotate(id, { overlap: '24h' })).secret).toMatch(/^\w{43}$/);
    await tenant.resend(delivered.id);
    await tenant.waitFor(({ attempts = [] }) => attempts.length === 2);
    expect(endpoint.received[1]!.headers['x-noyo-signature']!.split(',')).toHaveLength(2);
    expect(await tenant.configure('noyo', { settings: { keyOrder: 'shuffled' } })).toMatchObject({
      settings: { keyOrder: 'shuffled' },
    });
    await tenant.reset();
    expect(await tenant.deliveries()).toEqual([]);
  });

  it('refuses what the API refuses, with the same codes and paths', async () => {
    const tenant = await ringer.tenant();
    const refusal = (work: Promise<unknown>) =>
      work.then(
        () => 'accepted',
        (error: AppError) => [error instanceof AppError, error.code, error.errors?.[0]?.path],
      );
    const url = 'http://127.0.0.1:9/hook';
    expect(await refusal(tenant.subscribe({ provider: 'nojo' as string, url }))).toEqual([
      true,
      'unknown_provider',
      undefined,
    ]);
    expect(await refusal(tenant.subscribe({ provider: 'noyo', url, events: ['x' as never] }))).toEqual([
      true,
      'events_unsupported',
      'events',
    ]);
    expect(await refusal(tenant.subscribe({ provider: 'noyo', url, colour: 'red' } as never))).toEqual([
      true,
      'invalid_request',
      'colour',
    ]);
    expect(
      await refusal(
        tenant.send('difference.created', { provider: 'noyo', data: { data: { id: 7 as never } } }),
      ),
    ).toEqual([true, 'invalid_data', 'data.id']);
    expect(await refusal(tenant.clock.advance('3 days'))).toEqual([true, 'invalid_duration', 'by']);
    expect(await refusal(tenant.delivery('evt_1'))).toEqual([true, 'not_found', undefined]);
    expect((await tenant.clock.now()).getTime()).toBeGreaterThan(0);
  });

  it('refuses a date that is none, and the clock stays', async () => {
    const tenant = await ringer.tenant();
    await tenant.clock.set(START);
    const none = new Date(Number.NaN);
    for (const [call, path] of [
      [() => tenant.clock.set(none), 'now'],
      [() => tenant.clock.set({ mode: 'manual', now: none }), 'now'],
      [() => tenant.clock.advanceTo(none), 'to'],
      [() => createRinger({ now: none }), 'now'],
    ] as const) {
      await expect(call()).rejects.toMatchObject({ code: 'invalid_instant', errors: [{ path }] });
    }
    expect((await tenant.clock.now()).toISOString()).toBe(START);
  });

  it.each<ClockSetting>([{ mode: 'system' }, { mode: 'scaled', rate: 3_600 }])(
    'leaves a clock that runs as it was where the way is refused: $mode',
    async (setting) => {
      const tenant = await ringer.tenant();
      await tenant.clock.set(setting);
      await expect(tenant.clock.advanceTo('2020-01-01T00:00:00Z')).rejects.toMatchObject({
        code: 'clock_backwards',
      });
      const before = await tenant.clock.now();
      await eventually(async () =>
        expect((await tenant.clock.now()).getTime()).toBeGreaterThan(before.getTime()),
      );
    },
  );

  it('keeps tenants apart, and finds one again by its slug', async () => {
    const endpoint = await consumer();
    const one = await ringer.tenant('library-one');
    const two = await ringer.tenant('library-two');
    await one.subscribe({ provider: 'noyo', url: endpoint.url });
    await two.send('difference.created', { provider: 'noyo' });
    expect(await two.deliveries()).toEqual([]);
    expect((await ringer.tenant('library-one')).id).toBe(one.id);
    expect(one.key).toMatch(/^rgr_/);
  });
});

describe('several at once', () => {
  it('know nothing of each other, and the same seed makes the same bodies', async () => {
    const bodies = await Promise.all(
      ['a', 'a', 'b'].map(async (seed) => {
        const ringer = await opened({ seed });
        const tenant = await ringer.tenant('same');
        await tenant.clock.set(START);
        const { id } = await tenant.send('difference.created', { provider: 'noyo' });
        return asText(await tenant.body(id));
      }),
    );
    expect(bodies[0]).toBe(bodies[1]);
    expect(bodies[0]).not.toBe(bodies[2]);
  });
});

describe('an option that cannot be', () => {
  it.each<[string, RingerOptions, RegExp]>([
    ['a port', { listen: { port: 1_000_000 } }, /^listen\.port /],
    ['an address', { listen: { host: '192.0.2.1' } }, /^listen\.host 192\.0\.2\.1 cannot be listened on/],
    ['a network', { egress: { mode: 'local', allow: ['everything'] } }, /^egress\.allow has "everything"/],
    ['a database', { database: 'postgresql://' }, /^database must be a URL/],
    ['a key', { database: 'postgresql://127.0.0.1/x', secretKey: 'short' }, /^secretKey must be 32/],
  ])('%s is refused by its own name', async (_, options, message) => {
    const error = await createRinger(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/RINGER_|DATABASE_URL/);
  });
});

it.each<[string, unknown, RegExp]>([
  ['options that are none', 'x', /^createRinger takes an object with options: database, /],
  ['an unknown option', { foo: 1 }, /^createRinger has no option "foo"; there are: database, /],
  [
    'a mistyped option',
    { databse: 'x' },
    /^createRinger has no option "databse"; did you mean "database"\?$/,
  ],
  ['a mistyped option of an option', { listen: { prot: 1 } }, /^listen has no option "prot"; .*port/],
])('%s are refused where no compiler looks', async (_, options, message) => {
  const error = await createRinger(options as RingerOptions).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toMatch(message);
});

describe('on a port', () => {
  it('is the API of the same world', async () => {
    const ringer = await opened({ listen: {} });
    const tenant = await ringer.tenant('by-port');
    const answer = await fetch(`${ringer.url}/api/v1/tenants/by-port/clock`, {
      headers: { authorization: `Bearer ${tenant.key}` },
    });
    expect(await answer.json()).toMatchObject({ mode: 'system' });
  });

  it('never sends to itself', async () => {
    const ringer = await opened({ listen: {} });
    const tenant = await ringer.tenant();
    await expect(tenant.subscribe({ provider: 'noyo', url: `${ringer.url}/healthz` })).rejects.toMatchObject({
      code: 'egress_refused',
    });
  });
});

describe('a closed one', () => {
  it('leaves nothing open', async () => {
    const endpoint = await consumer(503);
    const counts = (): Record<string, number> => {
      const found: Record<string, number> = {};
      for (const name of process.getActiveResourcesInfo()) found[name] = (found[name] ?? 0) + 1;
      return found;
    };
    const life = async () => {
      const ringer = await createRinger({ listen: {} });
      const tenant = await ringer.tenant();
      await tenant.subscribe({ provider: 'noyo', url: endpoint.url });
      await tenant.send('difference.created', { provider: 'noyo' });
      await tenant.clock.advance('1h');
      const waiting = tenant.waitFor(() => false).catch((error: Error) => error.message);
      await ringer.close();
      expect(await waiting).toMatch(/^This Ringer was closed/);
    };
    const before = counts();
    await life();
    await eventually(() => {
      for (const name of [
        'TCPServerWrap',
        'TCPSocketWrap',
        'PipeWrap',
        'Timeout',
        'FSReqPromise',
        'MessagePort',
      ]) {
        expect(counts()[name] ?? 0, name).toBeLessThanOrEqual(before[name] ?? 0);
      }
    });
  });

  it('breaks a run of checks off, which blames the consumer for nothing', async () => {
    const endpoint = await consumer();
    endpoint.answer((_, index) => (index < 2 ? 200 : new Promise<never>(() => {})));
    const ringer = await createRinger();
    const tenant = await ringer.tenant();
    const only = ['ACK-01', 'SIG-02', 'LOAD-01'];
    const checked = tenant.check({ provider: 'noyo', url: endpoint.url, secret: 's', only });
    await endpoint.got(3);
    await ringer.close();
    expect((await checked).report).toMatchObject({ passed: 1, failed: 0, notReached: 2 });
  });

  it('refuses every call, and says why', async () => {
    const ringer = await createRinger();
    const tenant = await ringer.tenant();
    const fault = await tenant.faults.add({ type: 'duplicate' });
    await ringer.close();
    const calls: [string, () => Promise<unknown>][] = [
      ['tenant', () => ringer.tenant()],
      ['a known tenant', () => ringer.tenant(tenant.slug)],
      ['subscribe', () => tenant.subscribe({ provider: 'noyo', url: 'http://127.0.0.1:9/hook' })],
      ['send', () => tenant.send('difference.created', { provider: 'noyo' })],
      ['deliveries', () => tenant.deliveries()],
      ['waitFor', () => tenant.waitFor(() => true)],
      ['check', () => tenant.check({ provider: 'noyo', url: 'http://127.0.0.1:9/hook' })],
      ['reset', () => tenant.reset()],
      ['clock.now', () => tenant.clock.now()],
      ['clock.set', () => tenant.clock.set(START)],
      ['clock.advance', () => tenant.clock.advance('1h')],
      ['clock.onAdvance', async () => tenant.clock.onAdvance(() => {})],
      ['faults.add', () => tenant.faults.add({ type: 'duplicate' })],
      ['faults.list', () => tenant.faults.list()],
      ['fault.remove', () => fault.remove()],
    ];
    for (const [name, call] of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(AppError);
      expect(error, name).toMatchObject({
        code: 'conflict',
        message: 'This Ringer was closed; open another one with createRinger().',
      });
    }
    expect(ringer.providers().length).toBeGreaterThan(0);
  });

  it('closes by itself at the end of a block, and twice does no harm', async () => {
    let url: string | null = null;
    {
      await using ringer = await createRinger({ listen: {} });
      url = ringer.url;
      await ringer.close();
    }
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('finds its world again in a folder', async () => {
    const database = mkdtempSync(join(tmpdir(), 'ringer-library-'));
    onTestFinished(() => rmSync(database, { recursive: true, force: true }));
    const first = await createRinger({ database });
    const made = await first.tenant('kept');
    await first.close();
    const second = await opened({ database });
    expect((await second.tenant('kept')).id).toBe(made.id);
  });
});
