import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRinger, type Ringer } from '../../src/index.js';
import { verifyRequest } from '../../src/library/verify-request.js';
import { createConsumer } from '../support/consumer.js';

const START = '2026-01-01T00:00:00.000Z';

async function opened(): Promise<Ringer> {
  const ringer = await createRinger();
  onTestFinished(() => ringer.close());
  return ringer;
}

/** Three days of retries, a wait, and nothing left at the end. */
async function threeDays(ringer: Ringer): Promise<void> {
  const consumer = await createConsumer(503);
  onTestFinished(() => consumer.close());
  const tenant = await ringer.tenant();
  await tenant.clock.set(START);
  await tenant.subscribe({ provider: 'noyo', url: consumer.url });
  await tenant.send('difference.created', { provider: 'noyo' });
  expect(await tenant.clock.advance('3d')).toMatchObject({ attempts: 16, failed: 1, pending: 0 });
  consumer.answer(200);
  await tenant.send('difference.created', { provider: 'noyo' });
  await tenant.waitFor(({ status }) => status === 'delivered');
  await expect(tenant.waitFor(() => false, { timeoutMs: 5 })).rejects.toThrow('no delivery fits');
}

describe('with every timer faked', () => {
  afterEach(() => {
    vi.useRealTimers();
    mock.timers.reset();
  });

  it('vitest: a world that was open before, and one that is opened and closed meanwhile', async () => {
    const before = await opened();
    vi.useFakeTimers();
    await threeDays(before);
    const within = await createRinger({ listen: {} });
    await threeDays(within);
    // What a test may do to its own timers is nothing to us.
    await vi.advanceTimersByTimeAsync(3 * 86_400_000);
    await threeDays(within);
    await within.close();
  }, 180_000);

  it('has a connection for each delivery, and not one that waits for a turn of the loop', async () => {
    const ringer = await opened();
    const server = createServer((request, response) => void request.resume().on('end', () => response.end()));
    server.keepAliveTimeout = 300_000;
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close().closeAllConnections());
    vi.useFakeTimers();
    const tenant = await ringer.tenant();
    await tenant.clock.set(START);
    const { port } = server.address() as AddressInfo;
    await tenant.subscribe({ provider: 'noyo', url: `http://127.0.0.1:${port}/hook` });
    // More than one address gets connections.
    for (let n = 0; n < 150; n += 1) await tenant.send('difference.created', { provider: 'noyo' });
    expect(await tenant.clock.untilIdle()).toMatchObject({ attempts: 150, delivered: 150 });
    expect(connections).toBe(150);
  }, 180_000);

  it('node:test: the same', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: 0 });
    const ringer = await createRinger();
    await threeDays(ringer);
    mock.timers.tick(86_400_000);
    await threeDays(ringer);
    await ringer.close();
  }, 180_000);
});

describe('the bridge to a faked clock', () => {
  afterEach(() => void vi.useRealTimers());

  it('brings a consumer’s clock along, so that signed timestamps can be those of the tenant', async () => {
    const ringer = await opened();
    const tenant = await ringer.tenant();
    vi.useFakeTimers({ toFake: ['Date'] });
    await tenant.clock.set({ mode: 'manual', now: START, wire: 'virtual' });
    const told: string[] = [];
    const stop = tenant.clock.onAdvance((now) => {
      told.push(now.toISOString());
      vi.setSystemTime(now);
    });
    vi.setSystemTime(START);
    const secret = 'my-webhook-secret';
    const seen: [verdict: string, ageMs: number | null][] = [];
    const consumer = await createConsumer();
    onTestFinished(() => consumer.close());
    consumer.answer(async ({ rawHeaders, body }) => {
      const at = new Date();
      const { verdict, timestamp } = await verifyRequest({ headers: rawHeaders, body, secret, at });
      seen.push([verdict, timestamp!.ageMs]);
      return 503;
    });
    await tenant.subscribe({ provider: 'noyo', url: consumer.url, secret });
    await tenant.send('difference.created', { provider: 'noyo' });
    await tenant.clock.advance('3d');
    expect(seen).toHaveLength(16);
    for (const [verdict, ageMs] of seen) {
      expect(verdict).toBe('valid');
      // The last digits of a timestamp lie below the millisecond.
      expect(Math.abs(ageMs!)).toBeLessThanOrEqual(1);
    }
    expect(told.at(-1)).toBe('2026-01-04T00:00:00.000Z');
    expect(told).toHaveLength(15);
    stop();
    await tenant.clock.advance('1d');
    expect(told).toHaveLength(15);
  });
});
