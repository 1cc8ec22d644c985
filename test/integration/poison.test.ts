import { describe, expect, it } from 'vitest';
import { refusalOf, type Scene, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const sql = async (text: string, values: unknown[]) => {
  await world.app.context.db.pool.query(text, values);
};

/** Its last byte is another one, so that it does not open any more; done twice it is as it was. */
const spoil = ({ subscriptionId }: Scene) =>
  sql(
    `UPDATE subscription_secret SET sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)
     WHERE subscription_id = $1`,
    [subscriptionId],
  );

/** The same of what lies sealed in a row of its own: custom headers, secret settings. */
const spoilRow = (table: string, where: string, id: string) =>
  sql(
    `UPDATE ${table} SET sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)
     WHERE ${where} = $1 AND sealed IS NOT NULL`,
    [id],
  );

const touch = ({ subscriptionId }: Scene) =>
  sql('UPDATE subscription SET revision = revision + 1 WHERE id = $1', [subscriptionId]);

describe('a delivery that this program cannot send', () => {
  it('whose secret does not open comes to a visible end after five claims, and keeps nobody waiting', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const other = await setScene(world, 'healthsync', { answers: 200, tenantId: scene.tenantId });
    await spoil(scene);
    await touch(scene);
    const id = await scene.publish();
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ delivered: 1, failed: 1, pending: 0 });
    const { status, reason, attempts } = await scene.delivery(id);
    expect([status, reason]).toEqual(['failed', 'unsendable']);
    expect(attempts).toMatchObject([{ outcome: 'failed', reason: 'unsendable', response: null }]);
    expect([scene.consumer.received.length, other.consumer.received.length]).toEqual([0, 1]);
    // It is no fault of the endpoint's.
    expect(await scene.subscription()).toMatchObject({ status: 'active' });
    await spoil(scene);
    const second = await scene.publish();
    await scene.until(second, 'delivered');
  });

  it('whose body is gone ends at once, with that reason', async () => {
    const scene = await setScene(world, 'novamed', { answers: 200, clock: null, maxInFlight: 1 });
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    const [first, second] = [await scene.publish(), await scene.publish()];
    const { eventId } = await scene.delivery(first);
    await sql('UPDATE event SET body = NULL WHERE tenant_id = $1 AND id = $2', [
      scene.tenantId,
      eventId.slice(4),
    ]);
    await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId);
    expect(await scene.until(first, 'failed')).toMatchObject({ reason: 'body_gone', attemptCount: 1 });
    await scene.until(second, 'delivered');
  });
});

describe('stored settings that cannot be opened', () => {
  it('of a subscription keep no other from its events; its own deliveries end visibly, and it says why', async () => {
    const { services } = world.app;
    const scene = await setScene(world, 'healthsync', { answers: 200, headers: { 'X-Own': 'value' } });
    const { tenantId, subscriptionId } = scene;
    const other = await setScene(world, 'healthsync', {
      answers: 200,
      tenantId,
      headers: { 'X-Own': 'other' },
    });
    await spoilRow('subscription', 'id', subscriptionId);
    await touch(scene);
    const { deliveries, notices } = await services.publish.publish(tenantId, {
      provider: 'healthsync',
      type: 'document.uploaded',
    });
    expect(deliveries).toHaveLength(2);
    expect(notices).toEqual([expect.stringMatching(`sub_${subscriptionId} gets nothing: .*unsendable`)]);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ delivered: 1, failed: 1, pending: 0 });
    expect([scene.consumer.received.length, other.consumer.received.length]).toEqual([0, 1]);
    const mine = deliveries.find((d) => d.subscriptionId === `sub_${subscriptionId}`)!;
    expect(await scene.delivery(mine.id.slice(4))).toMatchObject({ status: 'failed', reason: 'unsendable' });

    const { data } = await services.subscriptions.list(tenantId, { limit: 10 });
    expect(data.map(({ id, unreadable }) => [id.slice(4), unreadable !== undefined])).toEqual([
      [other.subscriptionId, false],
      [subscriptionId, true],
    ]);
    expect(await scene.subscription()).toMatchObject({
      headers: {},
      unreadable: expect.stringMatching(/sealed/),
    });
    const { update, pause, remove } = services.subscriptions;
    expect(await refusalOf(update(tenantId, subscriptionId, { rateLimit: 5 }))).toBe('sealed_unreadable');
    expect(await refusalOf(pause(tenantId, subscriptionId))).toBe('sealed_unreadable');
    await remove(tenantId, subscriptionId);
    expect(
      (await services.publish.publish(tenantId, { provider: 'healthsync', type: 'document.uploaded' }))
        .notices,
    ).toEqual([]);
  });

  it('of a tenant’s provider refuse its events with what mends it, and nothing else’s', async () => {
    const { services } = world.app;
    const scene = await setScene(world, 'novamed', { answers: 200 });
    const { tenantId } = scene;
    const other = await setScene(world, 'healthsync', { answers: 200, tenantId });
    const settings = { webhookSecret: 'an-api-key-of-the-tenant' };
    await services.settings.put(tenantId, 'novamed', { settings });
    await spoilRow('tenant_provider', 'tenant_id', tenantId);
    expect(await refusalOf(scene.publish())).toBe('sealed_unreadable');
    expect(await refusalOf(services.settings.read(tenantId, 'novamed'))).toBe('sealed_unreadable');
    const id = await other.publish();
    await other.advance({ untilIdle: true });
    expect(await other.delivery(id)).toMatchObject({ status: 'delivered' });
    await services.settings.put(tenantId, 'novamed', { settings });
    expect(await scene.publish()).toMatch(/^[0-9a-f-]{36}$/);
  });
});
