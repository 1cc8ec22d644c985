import { describe, expect, it } from 'vitest';
import { loadRegistry } from '../../src/providers/registry.js';
import { useWorld } from '../support/world.js';

const FOLDER = new URL('../fixtures/providers/sixthsense/', import.meta.url);
const START_MS = Date.parse('2026-03-01T00:00:00.000Z');

describe('a sixth provider', () => {
  it('differs from the five in every closed union of policies', async () => {
    const profiles = (await loadRegistry([FOLDER])).list();
    const sixth = profiles.find((p) => p.id === 'sixthsense')!;
    const five = profiles.filter((p) => p !== sixth);
    expect(five).toHaveLength(5);
    const kindOf = (value: unknown) => (typeof value === 'string' ? value : (value as { kind: string }).kind);
    const unions = {
      curve: (p: typeof sixth) => p.policies.retry.value.curve.kind,
      anchor: (p: typeof sixth) => p.policies.retry.value.anchor,
      success: (p: typeof sixth) => kindOf(p.policies.success.value),
      timeout: (p: typeof sixth) => kindOf(p.policies.timeout.value),
      health: (p: typeof sixth) => kindOf(p.policies.health.value),
      https: (p: typeof sixth) => kindOf(p.policies.https.value),
      redirect: (p: typeof sixth) => kindOf(p.policies.redirect.value),
      timestamp: (p: typeof sixth) => JSON.stringify(p.policies.timestamp.value),
      rotation: (p: typeof sixth) => kindOf(p.policies.rotation.value),
      auth: (p: typeof sixth) => kindOf(p.auth.value),
      whileStopped: (p: typeof sixth) => p.policies.whileStopped.value.disabled,
      secret: (p: typeof sixth) => p.secret.value.use,
      deliveryControl: (p: typeof sixth) => JSON.stringify(p.policies.deliveryControl.value),
    };
    for (const [name, read] of Object.entries(unions)) {
      expect(five.map(read), name).not.toContain(read(sixth));
    }
  });

  describe('on a running app', () => {
    const world = useWorld({ providerFolders: [FOLDER] });

    async function subscribed(status: number, more: object = {}) {
      const tenant = await world.tenant();
      const { services } = world.app;
      const consumer = await world.consumer(status);
      await services.clock.put(tenant.id, { mode: 'manual', now: START_MS });
      const { subscription } = await services.subscriptions.create(tenant.id, {
        provider: 'sixthsense',
        url: consumer.url,
        ...more,
      });
      const publish = (strength = 1) =>
        services.publish.publish(tenant.id, {
          provider: 'sixthsense',
          type: 'vision.felt',
          data: { strength },
        });
      const advance = async () => (await services.clock.advance(tenant.id, { untilIdle: true })).body;
      const status_ = async () =>
        (await services.subscriptions.read(tenant.id, subscription.id.slice(4))).status;
      return { tenant, services, consumer, subscription, publish, advance, status: status_ };
    }

    it('delivers what its folder says, a redirect counting as a success', async () => {
      const { consumer, publish, advance, tenant, services } = await subscribed(302);
      const event = await publish();
      expect(await advance()).toMatchObject({ attempts: 1, delivered: 1 });
      expect(consumer.received[0]!.body.toString()).toBe('{"kind":"vision.felt","strength":1}');
      expect(consumer.received[0]!.headers['x-felt-at']).toMatch(/^\d{13}$/);
      expect(event.providerEventId).toBeNull();
      const delivery = await services.history.delivery(tenant.id, event.deliveries[0]!.id.slice(4));
      expect(delivery).toMatchObject({
        status: 'delivered',
        provider: 'sixthsense',
        eventType: 'vision.felt',
      });
    });

    it('retries on its own schedule and is disabled by its own rule, dropping what comes after', async () => {
      const { publish, advance, status } = await subscribed(500);
      await publish();
      expect(await advance()).toMatchObject({
        attempts: 3,
        failed: 1,
        to: new Date(START_MS + 180_000).toISOString(),
      });
      expect(await status()).toBe('disabled');
      expect((await publish()).deliveries).toEqual([]);
    });

    it('says itself what goes out later, and needs a token of its own making', async () => {
      const oracle = await world.consumer();
      oracle.answer({ status: 200, body: '{"access_token":"seen"}' });
      const settings = { oracle: { tokenUrl: oracle.url, clientId: 'third', clientSecret: 'eye' } };
      const { consumer, publish, advance, subscription, tenant, services } = await subscribed(200, {
        settings,
      });
      const { deliveries } = await publish(0.05);
      expect(await advance()).toMatchObject({ delivered: 1, to: new Date(START_MS + 60_000).toISOString() });
      expect(consumer.received[0]!.headers.authorization).toBe('Bearer seen');
      expect(oracle.received[0]!.body.toString()).toContain('client_secret=eye');
      const { attempts } = await services.history.delivery(tenant.id, deliveries[0]!.id.slice(4));
      expect(JSON.stringify(attempts)).not.toContain('seen');
      const told = await services.subscriptions.read(tenant.id, subscription.id.slice(4));
      expect(JSON.stringify(told)).not.toContain('eye');
      const wrong = { settings: { oracle: { ...settings.oracle, tokenUrl: 'http://169.254.169.254/' } } };
      await expect(
        services.subscriptions.update(tenant.id, subscription.id.slice(4), wrong),
      ).rejects.toMatchObject({ code: 'egress_refused', errors: [{ path: 'settings.oracle.tokenUrl' }] });
    });

    it('is paused, listed, filtered and refused like any other', async () => {
      const { publish, services, tenant, subscription, status, advance } = await subscribed(200, {
        events: ['vision.felt'],
      });
      await services.subscriptions.pause(tenant.id, subscription.id.slice(4));
      expect(await status()).toBe('paused');
      expect((await publish()).deliveries[0]!.status).toBe('held');
      await services.subscriptions.resume(tenant.id, subscription.id.slice(4));
      expect(await advance()).toMatchObject({ delivered: 1 });
      const page = await services.history.deliveries(tenant.id, { provider: 'sixthsense', limit: 10 });
      expect(page.data).toHaveLength(1);
      await expect(services.secrets.rotate(tenant.id, subscription.id.slice(4), {})).rejects.toMatchObject({
        code: 'rotation_unsupported',
      });
      await expect(
        services.publish.publish(tenant.id, {
          provider: 'sixthsense',
          type: 'vision.felt',
          data: { strength: 2 },
        }),
      ).rejects.toMatchObject({ issues: [{ path: 'strength' }] });
    });

    it('stands in the catalogue beside the others', async () => {
      const { services } = world.app;
      const profiles = services.catalogue.list({ limit: 50 }).data;
      expect(profiles.map((p) => p.id)).toContain('sixthsense');
    });
  });
});
