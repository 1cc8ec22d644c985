import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.js';
import { apiOf } from '../support/api.js';
import { quietShell } from '../support/quiet-shell.js';
import { START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const TYPES: Record<string, string> = {
  noyo: 'difference.created',
  healthsherpa: 'sync',
  voyado: 'contact.created',
  novamed: 'order:created',
  healthsync: 'document.uploaded',
};
/** Providers whose old secret goes on signing for a while. */
const OVERLAP = ['noyo', 'voyado'];

interface Delivery {
  id: string;
  status: string;
  attemptCount: number;
}

describe('every verb for every provider, by the command line and so by the API', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer(apiOf(world).app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function setUp(provider: string) {
    const { publicId, key } = await world.tenant();
    const consumer = await world.consumer(503);
    const env = { RINGER_URL: url, RINGER_KEY: key, RINGER_TENANT: publicId };
    const call = async (...args: string[]) => {
      const shell = quietShell(env);
      const exit = await run(args, shell);
      return { exit, text: shell.data.join('\n'), told: shell.told.join('\n') };
    };
    const json = async <T>(...args: string[]): Promise<T> => {
      const { exit, text, told } = await call(...args, '--json');
      expect(exit, `${args.join(' ')}: ${told}`).toBe(0);
      return JSON.parse(text) as T;
    };
    const trigger = async () =>
      (await json<{ deliveries: Delivery[] }>('trigger', TYPES[provider]!, '--provider', provider))
        .deliveries[0]!;
    const settle = () => json('clock', 'advance', '0s');
    const show = (id: string) => json<Delivery>('deliveries', 'show', id);
    await json('clock', 'set', 'manual', '--at', new Date(START).toISOString());
    const { id } = await json<{ id: string }>(
      ...['subscriptions', 'add', '--provider', provider, '--to', consumer.url, '--header', 'x-own=mine'],
      ...['--rate-limit', '50', '--max-in-flight', '3'],
    );
    return { id, consumer, call, json, trigger, settle, show };
  }

  describe.each(Object.keys(TYPES))('%s', (provider) => {
    it('custom headers, rate limit, maximum in flight, rotation', async () => {
      const { id, consumer, call, json, trigger, settle } = await setUp(provider);
      consumer.answer(200);
      expect(await json('subscriptions', 'show', id)).toMatchObject({
        rateLimit: 50,
        maxInFlight: 3,
        headers: { 'x-own': expect.any(String) },
      });
      await trigger();
      await settle();
      expect(consumer.received.at(-1)!.headers['x-own']).toBe('mine');
      expect(await json('subscriptions', 'update', id, '--rate-limit', 'none')).toMatchObject({
        rateLimit: null,
        maxInFlight: 3,
      });
      const before = await json<{ data: unknown[] }>('secrets', 'list', id);
      const rotated = await call('secrets', 'rotate', id);
      expect(rotated.exit, rotated.told).toBe(0);
      const after = await json<{ data: unknown[] }>('secrets', 'list', id);
      expect(after.data).toHaveLength(OVERLAP.includes(provider) ? before.data.length + 1 : 1);
      const overlap = await call('secrets', 'rotate', id, '--overlap', '1h');
      expect(overlap.exit, overlap.told).toBe(OVERLAP.includes(provider) ? 0 : 2);
      await trigger();
      await settle();
      expect(consumer.received).toHaveLength(2);
    });

    it('pause, resume, disable, enable', async () => {
      const { id, consumer, json, trigger, settle, show } = await setUp(provider);
      consumer.answer(200);
      expect(await json('subscriptions', 'pause', id)).toMatchObject({ status: 'paused' });
      const held = await trigger();
      expect(await show(held.id)).toMatchObject({ status: 'held' });
      expect(await json('subscriptions', 'resume', id)).toMatchObject({ status: 'active' });
      await settle();
      expect(await show(held.id)).toMatchObject({ status: 'delivered' });
      expect(await json('subscriptions', 'disable', id)).toMatchObject({ status: 'disabled' });
      expect(await json('subscriptions', 'enable', id)).toMatchObject({ status: 'active' });
    });

    it('retry-now, cancel, resend, recover, stats, export', async () => {
      const { id, consumer, call, json, trigger, settle, show } = await setUp(provider);
      const waiting = await trigger();
      await settle();
      expect(await show(waiting.id)).toMatchObject({ status: 'pending', attemptCount: 1 });
      await json('deliveries', 'retry-now', waiting.id);
      await settle();
      expect(await show(waiting.id)).toMatchObject({ status: 'pending', attemptCount: 2 });
      expect(await json('deliveries', 'cancel', waiting.id)).toMatchObject({ status: 'cancelled' });
      consumer.answer(200);
      await json('deliveries', 'resend', waiting.id);
      await settle();
      expect(await show(waiting.id)).toMatchObject({ status: 'delivered', attemptCount: 3 });
      consumer.answer({ status: 503, body: '{\n  "error": "down"\n}' });
      const failed = await trigger();
      await json('clock', 'advance', '--until-idle');
      expect(await show(failed.id)).toMatchObject({ status: 'failed' });
      expect((await call('deliveries', 'show', failed.id)).text).toContain('    { "error": "down" }');
      consumer.answer(200);
      const since = new Date(START).toISOString();
      const recovered = await call('subscriptions', 'recover', id, '--since', since);
      expect([recovered.text, recovered.told]).toEqual(['1 delivery goes out again', '']);
      await settle();
      expect(await show(failed.id)).toMatchObject({ status: 'delivered' });
      expect(await json('subscriptions', 'recover', id, '--since', since, '--status', 'all')).toMatchObject({
        count: 2,
      });
      await settle();
      const stats = await json<{ byStatusCode: Record<string, number> }>('subscriptions', 'stats', id);
      expect(stats).toMatchObject({ delivered: 2, failed: 0, pending: 0, rate: 1 });
      expect(stats.byStatusCode[200]).toBe(4);
      const lines = (await call('deliveries', 'export', '--subscription', id)).text.trim().split('\n');
      expect(lines.map((line) => JSON.parse(line).id)).toEqual([failed.id, waiting.id]);
    });
  });

  it('what shapes bodies is set, shown beside the profile, and goes back to its default', async () => {
    const { call, json } = await setUp('novamed');
    expect((await call('providers', 'show', 'novamed')).text).toContain('\nin this tenant: the defaults\n');
    const set = await call('providers', 'set', 'novamed', '--preset', 'generation202601');
    expect(set.text).toBe('novamed: --preset generation202601');
    const shown = await call('providers', 'show', 'novamed');
    expect(shown.text).toContain('\nin this tenant: --preset generation202601 --setting generation=2026-01');
    expect(shown.text).toContain('\nwith providers set novamed --preset generation202601:\n');
    expect(await json('trigger', 'shipment:created', '--provider', 'novamed')).toMatchObject({
      type: 'shipment:created',
    });
    expect((await call('providers', 'set', 'novamed')).text).toBe('novamed: the defaults');
    const refused = await call('providers', 'set', 'novamed', '--preset', 'success2xx');
    expect(refused).toMatchObject({ exit: 2, text: '' });
    const wrong = await call(
      'subscriptions',
      'add',
      '--provider',
      'novamed',
      '--to',
      'https://c.example/',
      '--preset',
      'generation202601',
    );
    expect(wrong.told).toContain('(ringer providers set)');
  });

  it('says how a subscription is, its settings included, and what a running clock needs', async () => {
    const { id, call, trigger, settle } = await setUp('noyo');
    await trigger();
    await settle();
    const { text } = await call('subscriptions', 'show', id);
    expect(text).toMatch(/^status +unhealthy$/m);
    expect(text).toMatch(/^unhealthy since +2026-01-01T00:00:00\.000Z$/m);
    expect(text).toMatch(/^rate limit +50 a second$/m);
    expect(text).toMatch(/^setting +timestampScope=attempt$/m);
    const advanced = await call('clock', 'advance', '--next');
    expect(advanced.text).toMatch(/: 1 attempt, 0 delivered/);
    await call('clock', 'set', 'system');
    expect((await call('clock', 'advance', '1h')).told).toBe(
      'ringer: The clock is system; ringer clock set manual stops it, then it can be advanced.',
    );
  });
});
