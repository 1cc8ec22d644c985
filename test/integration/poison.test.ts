import { describe, expect, it } from 'vitest';
import { type Scene, setScene } from '../support/scene.js';
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
