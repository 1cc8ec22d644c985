import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { silentLog } from '../../src/lib/log.js';
import { systemRandom } from '../../src/lib/random.js';
import { createSealer, SealError } from '../../src/lib/sealing.js';
import { resealOld } from '../../src/services/reseal.js';
import { sealedKeyIds } from '../../src/store/sealed-rows.js';
import { cloneDatabase, dumpOption, testConfig, useWorld } from '../support/world.js';

const SECRET = 'the-secret-nobody-may-read';
const HEADER = 'the-header-nobody-may-read';

describe('secrets at rest', () => {
  const world = useWorld();

  async function subscribed() {
    const { id } = await world.tenant();
    const { subscription } = await world.app.services.subscriptions.create(id, {
      provider: 'noyo',
      url: 'http://127.0.0.1:9/hook',
      secret: SECRET,
      headers: { 'x-token': HEADER },
    });
    return { tenantId: id, subscriptionId: subscription.id.slice(4) };
  }

  it('never lie in clear in any row', async () => {
    await subscribed();
    const { pool } = world.app.context.db;
    for (const table of ['subscription', 'subscription_secret', 'tenant_provider', 'tenant_key']) {
      const { rows } = await pool.query(`SELECT * FROM ${table}`);
      const text = JSON.stringify(rows, (_, value) =>
        value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
      );
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(HEADER);
    }
  });

  it('do not open in another tenant or subscription', () => {
    const sealer = createSealer([randomBytes(32)], systemRandom());
    const sealed = sealer.seal(SECRET, 'secret:a:b');
    expect(sealer.open(sealed, 'secret:a:b')).toBe(SECRET);
    expect(() => sealer.open(sealed, 'secret:a:c')).toThrow(SealError);
    const changed = Uint8Array.from(sealed);
    changed[changed.length - 1]! ^= 1;
    expect(() => sealer.open(changed, 'secret:a:b')).toThrow(SealError);
    expect(() => createSealer([randomBytes(32)], systemRandom()).open(sealed, 'secret:a:b')).toThrow(
      SealError,
    );
  });

  it('come under the newest key when one is appended, and still open', async () => {
    const [before, after] = [randomBytes(32), randomBytes(32)];
    const { db } = world.app.context;
    const { tenantId, subscriptionId } = await subscribed();
    const place = `secret:${tenantId}:${subscriptionId}`;
    const old = createSealer([before], systemRandom());
    await db.pool.query('DELETE FROM subscription');
    const again = await subscribed();
    const mine = `secret:${again.tenantId}:${again.subscriptionId}`;
    await db.pool.query('UPDATE subscription SET sealed = NULL');
    await db.pool.query('UPDATE subscription_secret SET sealed = $1', [Buffer.from(old.seal(SECRET, mine))]);
    const both = createSealer([after, before], systemRandom());
    expect(await resealOld(db, both, silentLog)).toBe(1);
    expect(await sealedKeyIds(db.pool)).toEqual([both.keyIds[0]]);
    const { rows } = await db.pool.query<{ sealed: Buffer }>('SELECT sealed FROM subscription_secret');
    expect(createSealer([after], systemRandom()).open(rows[0]!.sealed, mine)).toBe(SECRET);
    expect(place).not.toBe(mine);
    await db.pool.query('DELETE FROM subscription');
  });

  it('under a key that is not here, the start is refused', async () => {
    const { db } = world.app.context;
    await subscribed();
    const dump = world.onServer ? {} : { from: await db.dump() };
    const config = testConfig(world.config.databaseUrl, {
      RINGER_SECRET_KEY: randomBytes(32).toString('base64'),
    });
    await expect(createApp({ log: silentLog, ...dumpOption(), ...dump, config })).rejects.toThrow(
      /RINGER_SECRET_KEY/,
    );
  });
});

if (inject('server')) {
  describe('processes of one database', () => {
    const start = (url: string, keys: readonly Buffer[]) =>
      createApp({
        log: silentLog,
        config: testConfig(url, { RINGER_SECRET_KEY: keys.map((k) => k.toString('base64')).join(',') }),
      });

    it('seal under one key from the first start on, before there is any secret', async () => {
      const { url, drop } = await cloneDatabase();
      const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
      const both = await Promise.allSettled([start(url!, [a]), start(url!, [b])]);
      const first = both.find((one) => one.status === 'fulfilled')!;
      const second = both.find((one) => one.status === 'rejected')!;
      expect(String(second.reason)).toMatch(/RINGER_SECRET_KEY/);
      const mine = both[0]!.status === 'fulfilled' ? a : b;
      await (await start(url!, [mine])).stop();
      await first.value.stop();
      await (await start(url!, [mine, c])).stop();
      await expect(start(url!, [mine])).rejects.toThrow(/RINGER_SECRET_KEY/);
      await (await start(url!, [c])).stop();
      await drop!();
    });
  });
}
