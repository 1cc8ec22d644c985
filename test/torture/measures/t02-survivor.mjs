import { leaseBook, startFleet } from '../fleet.mjs';
import { LEASE_MS, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

const HELD = 20;

/** One of two dispatchers is killed with 20 claims in hand, and nobody starts it again. */
export const t02 = {
  test: 'T02',
  title: `a dispatcher dies with ${HELD} claims; the other finds them when their leases end`,
  async run({ postgres, quick }) {
    const fleet = await startFleet(await postgres.database(), {
      dispatchers: 1,
      scene: { subscriptions: 2 },
    });
    const { scene, members } = fleet;
    const book = leaseBook(scene);
    await book.learn(members[0]);
    await scene.settled();
    const before = await scene.receiver.count();
    await scene.receiver.behave({ delayMs: 2_000 });
    await scene.publish(HELD / 2);
    await until('all are in hand', async () => (await scene.receiver.count()) >= before + HELD, 10_000, 2);
    await members[0].kill();
    const killedAt = performance.now();
    const held = await book.heldBy(members[0]);
    await scene.receiver.behave({ delayMs: 0 });
    members[0] = await fleet.start();
    // The survivor: it was never told of these lanes, and gets nothing else to do.
    await scene.settled(LEASE_MS + 60_000);
    const tookMs = performance.now() - killedAt;
    const found = await tally(scene);
    await fleet.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 1, restarts: 0, lost, duplicates, bound: held }, [
      ...delivered(found, { bound: held }),
      ['held by the dead one', held, held === HELD],
      quick
        ? ['recovered, seconds after the kill', (tookMs / 1000).toFixed(1), true]
        : [
            `recovered within the lease and 2 s, seconds`,
            (tookMs / 1000).toFixed(1),
            tookMs <= LEASE_MS + 2_000,
          ],
    ]);
  },
};
