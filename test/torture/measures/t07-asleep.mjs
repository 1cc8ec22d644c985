import { setTimeout as pause } from 'node:timers/promises';
import { machineNow } from '../../bench/machine-clock.mjs';
import { leaseBook, startFleet } from '../fleet.mjs';
import { LEASE_MS, paced, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** A dispatcher sleeps through three leases, and wakes up with everything it held. */
export const t07 = {
  test: 'T07',
  title: 'SIGSTOP of a dispatcher for three leases, then SIGCONT',
  async run({ postgres, full, say }) {
    const sleeps = full ? 20 : 4;
    const fleet = await startFleet(await postgres.database(), { dispatchers: 1, scene: { delayMs: 50 } });
    const { scene, members } = fleet;
    const book = leaseBook(scene);
    await book.learn(members[0]);
    members.push(await fleet.start());
    await book.learn(members[1]);
    const load = paced(scene, { rate: 100 });
    /** Keys of what a sleeper held, and when it woke. */
    const overslept = [];
    let bound = 0;
    let left = 0;
    for (let i = 0; i < sleeps; i++) {
      const sleeper = members[i % 2];
      const held = await until('it holds something', async () => {
        sleeper.signal('SIGSTOP');
        const ids = await book.heldNow(sleeper);
        if (ids.length === 0) sleeper.signal('SIGCONT');
        return ids.length > 0 ? ids : null;
      });
      const rows = await scene.sql(
        `SELECT o.subscription_id AS subscription, e.body FROM open_delivery o
         JOIN event e ON e.tenant_id = o.tenant_id AND e.id = o.event_id WHERE o.id = ANY($1::uuid[])`,
        [held],
      );
      bound += held.length;
      await pause(3 * LEASE_MS);
      const [{ open }] = await scene.sql(
        'SELECT count(*)::int AS open FROM open_delivery WHERE id = ANY($1::uuid[])',
        [held],
      );
      left += open;
      const wokeAt = machineNow();
      sleeper.signal('SIGCONT');
      for (const { subscription, body } of rows)
        overslept.push({
          key: `${scene.indexes.get(subscription)} ${JSON.parse(body.toString()).id}`,
          wokeAt,
        });
      say(`sleep ${i + 1}: it held ${held.length}`);
      await pause(2_000);
    }
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    const late = overslept.filter(({ key, wokeAt }) =>
      found.entries.some((e) => e.key === key && e.at > wokeAt),
    );
    const [{ superseded, numbers }] = await scene.sql(
      `SELECT count(*) FILTER (WHERE outcome = 'superseded')::int AS superseded,
         (SELECT count(*)::int FROM (SELECT 1 FROM attempt WHERE tenant_id = $1 AND outcome <> 'superseded'
           GROUP BY delivery_id, number HAVING count(*) > 1) twice) AS numbers
       FROM attempt WHERE tenant_id = $1`,
      [scene.tenantId],
    );
    await fleet.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: 0, other: `${sleeps} × SIGSTOP`, lost, duplicates, bound }, [
      ...delivered(found, { bound }),
      ['held by the sleepers', bound, bound >= sleeps],
      ['of that, not delivered by the other one in time', left, left === 0],
      ['sends begun after waking', late.length, late.length === 0],
      ['outcomes under an old token that counted', numbers, numbers === 0],
      ['recorded as superseded', superseded, superseded <= bound],
    ]);
  },
};
