import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { gate, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what the test starts, and nobody tells what there is to tell. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });
const AT_ONCE = 20;

describe('T26: twenty failures at the same moment', () => {
  it('turn a subscription once, and are told once', async () => {
    const scene = await setScene(world, 'noyo', { clock: null, maxInFlight: AT_ONCE });
    const { tenantId, services } = scene;
    await services.tenants.update(tenantId, { notifyUrl: scene.consumer.url });
    const answer = gate();
    scene.consumer.answer(answer.answer);
    await services.publish.batch(
      tenantId,
      Array.from({ length: AT_ONCE }, () => ({ provider: 'noyo', type: 'difference.created' })),
    );
    const dispatcher = ownDispatcher(world.app);
    await dispatcher.start();
    await scene.consumer.got(AT_ONCE);
    answer.open(503);
    await eventually(async () => {
      const { rows } = await world.app.context.db.pool.query(
        `SELECT count(*)::int AS attempts, count(DISTINCT subscription_status)::int AS statuses,
           (SELECT json_agg(status) FROM notification WHERE tenant_id = $1) AS told
         FROM attempt WHERE tenant_id = $1`,
        [tenantId],
      );
      expect(rows).toEqual([{ attempts: AT_ONCE, statuses: 1, told: ['unhealthy'] }]);
    }, 60_000);
    expect(await scene.subscription()).toMatchObject({ status: 'unhealthy' });
    await dispatcher.stop();
  });
});
