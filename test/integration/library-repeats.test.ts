import { describe, expect, it, onTestFinished } from 'vitest';
import { createRinger, type Ringer, type RingerOptions, type Tenant } from '../../src/index.js';
import { createConsumer } from '../support/consumer.js';

async function opened(options: RingerOptions): Promise<Ringer> {
  const ringer = await createRinger(options);
  onTestFinished(() => ringer.close());
  return ringer;
}

/** Everything that a consumer and a test can see of one tenant's three days. */
async function told(tenant: Tenant, meanwhile: () => Promise<unknown> = async () => {}) {
  const consumer = await createConsumer(503);
  onTestFinished(() => consumer.close());
  await tenant.clock.set({ mode: 'manual', wire: 'virtual' });
  const subscriptions = [];
  for (const provider of ['noyo', 'voyado', 'healthsync'] as const)
    subscriptions.push(await tenant.subscribe({ provider, url: consumer.url }));
  const events = await Promise.all([
    tenant.send('difference.created', { provider: 'noyo' }),
    tenant.send('contact.created', { provider: 'voyado' }),
    tenant.send('document.uploaded', { provider: 'healthsync' }),
    meanwhile(),
  ]);
  await tenant.rotate(subscriptions[0]!.id, { overlap: '24h' });
  await tenant.clock.advance('3d');
  await tenant.send('difference.resolved', { provider: 'noyo' });
  await tenant.clock.untilIdle();
  const deliveries = await tenant.deliveries();
  return {
    tenant: [tenant.id, tenant.key],
    subscriptions: subscriptions.map(({ id, secret, createdAt }) => ({ id, secret, createdAt })),
    events: events.slice(0, 3).map((event) => (event as { id: string }).id),
    deliveries: deliveries.map(({ id, status, attemptCount, attempts = [] }) => ({
      id,
      status,
      attemptCount,
      attempts: attempts.map(({ startedAt, nextAttemptAt, request, signature }) => {
        // Ports differ from one consumer to the next.
        const headers = request?.headers.filter(([name]) => name.toLowerCase() !== 'host');
        return { startedAt, nextAttemptAt, headers, signature };
      }),
    })),
    bodies: consumer.received.map(({ body }) => String(body)).sort((a, b) => (a < b ? -1 : 1)),
  };
}

describe('a seed', () => {
  it('repeats bytes, ids and instants, whatever other tenants do meanwhile', async () => {
    const alone = await told(await (await opened({ seed: 7 })).tenant('mine'));
    const ringer = await opened({ seed: 7 });
    const other = await ringer.tenant('other');
    const noise = async () => {
      for (let i = 0; i < 5; i++) await other.send('contact.updated', { provider: 'voyado' });
    };
    const among = await told(await ringer.tenant('mine'), noise);
    expect(among).toEqual(alone);
    expect(alone.subscriptions[0]!.createdAt).toBe('2026-01-01T00:00:00.000Z');
    expect(alone.deliveries.length).toBe(4);
    expect(alone.deliveries.every(({ attempts }) => attempts.length >= 5)).toBe(true);
  }, 60_000);

  it('differs from another seed, and from a tenant of another name', async () => {
    const [one, two] = [await opened({ seed: 'a' }), await opened({ seed: 'b' })];
    const made = [await one.tenant('x'), await two.tenant('x'), await one.tenant('y'), await one.tenant()];
    expect(new Set(made.map(({ id }) => id)).size).toBe(4);
    expect(new Set(made.map(({ key }) => key)).size).toBe(4);
  }, 60_000);

  it('makes two tenants of one name, and goes on with one that is asked for again', async () => {
    const ringer = await opened({ seed: 1 });
    const send = async (tenant: Tenant) => (await tenant.send('difference.created', { provider: 'noyo' })).id;
    const [first, second] = [await ringer.tenant('Of One Name'), await ringer.tenant('Of One Name')];
    expect(first.id).not.toBe(second.id);
    const ids = [await send(first), await send(await ringer.tenant(first.slug))];
    await first.reset();
    ids.push(await send(first));
    expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set([...ids, await send(second)]).size).toBe(4);
  }, 60_000);
});

describe('`now`', () => {
  it('is where the clocks of fresh tenants stand', async () => {
    const ringer = await opened({ now: '2026-02-03T04:05:06Z' });
    const tenant = await ringer.tenant();
    expect((await tenant.clock.now()).toISOString()).toBe('2026-02-03T04:05:06.000Z');
  });
});
