import { hostname } from 'node:os';
import { describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
import { openPort } from '../../src/start/listen.js';
import { serve } from '../../src/start/serve.js';
import { refusalOf, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld({ env: { RINGER_ROLE: 'api' } });

/** An app that listens, as a process does. @returns its port, and how it leaves. */
async function listening(): Promise<{ number: number; leave(): Promise<void> }> {
  const port = await openPort('127.0.0.1', 0);
  const app = await createApp({ log: silentLog, config: world.config });
  return { number: port.number, leave: await serve(app, port, silentLog) };
}

const hook = (port: number, host = '127.0.0.1') => ({
  provider: 'novamed',
  url: `http://${host}:${port}/hook`,
});

/** A row as a process writes it that is somewhere else, or was. */
function listen(port: number, { machine = hostname(), addresses = [] as string[], agoS = 0 } = {}) {
  return world.app.context.db.pool.query(
    `INSERT INTO listener (id, machine, ports, addresses, seen_at)
     VALUES (gen_random_uuid(), $1, ARRAY[$2::int], $3, now() - $4 * interval '1 second')`,
    [machine, port, addresses, agoS],
  );
}

if (!inject('server')) {
  it('an embedded database has one process, which asks nobody', async () => {
    await listen(7_001);
    await world.app.listeners.announce();
    expect(world.app.listeners.listenThere('127.0.0.1', 7_001)).toBe(false);
  });
} else {
  describe('where another process of the same database listens', () => {
    it('is refused to a subscription, by each of its names, until that process has left', async () => {
      const { id } = await world.tenant();
      const { create } = world.app.services.subscriptions;
      const port = await listening();
      await world.app.listeners.announce();
      for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9', '0.0.0.0', '[::ffff:127.0.0.1]'])
        expect(await refusalOf(create(id, hook(port.number, host)))).toBe('egress_refused');
      expect((await create(id, hook(port.number === 65_535 ? 1 : port.number + 1))).subscription.id).toMatch(
        /^sub_/,
      );
      await port.leave();
      await world.app.listeners.announce();
      expect((await create(id, hook(port.number))).subscription.id).toMatch(/^sub_/);
    });

    it('is refused while it gives signs of life; after that its port is anybody’s', async () => {
      const { listeners } = world.app;
      await listen(7_011, { agoS: 10 });
      await listen(7_012, { agoS: 20 });
      await listeners.announce();
      expect([7_011, 7_012, 7_013].map((port) => listeners.listenThere('127.0.0.1', port))).toEqual([
        true,
        false,
        false,
      ]);
    });

    it('is loopback on its own machine alone, and every other address from everywhere', async () => {
      const { listeners } = world.app;
      await listen(7_021, { machine: 'another-machine', addresses: ['10.1.2.3', '2001:db8::5'] });
      await listeners.announce();
      const there = (ip: string, port = 7_021) => listeners.listenThere(ip, port);
      expect(['10.1.2.3', '::ffff:10.1.2.3', '2001:DB8:0::5'].map((ip) => there(ip))).toEqual([
        true,
        true,
        true,
      ]);
      expect(['127.0.0.1', '::1', '10.1.2.4'].map((ip) => there(ip))).toEqual([false, false, false]);
      expect(there('10.1.2.3', 7_022)).toBe(false);
    });

    it('is refused at the connection too, whatever a subscription came to point at', async () => {
      const sender = await world.another({ config: { ...world.config, role: 'all' } });
      const port = await listening();
      await sender.listeners.announce();
      const scene = await setScene(world, 'novamed', { app: sender, answers: 200, clock: null });
      await scene.until(await scene.publish(), 'delivered');
      await world.app.context.db.pool.query(
        'UPDATE subscription SET url = $2, revision = revision + 1 WHERE id = $1',
        [scene.subscriptionId, `http://127.0.0.1:${port.number}/healthz`],
      );
      const { attempts } = await scene.until(await scene.publish(), 'failed');
      expect(attempts.map(({ reason }) => reason)).toEqual(['egress_blocked']);
      expect(scene.consumer.received).toHaveLength(1);
      await port.leave();
    });
  });
}
