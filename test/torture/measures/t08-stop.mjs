import { leaseBook, startFleet } from '../fleet.mjs';
import { seeded, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** SIGTERM in the middle of the load: what is in flight ends, what is not sent is given back, nothing is repeated. */
export const t08 = {
  test: 'T08',
  title: 'SIGTERM under load',
  async run({ postgres, seed, quick, say }) {
    const stops = quick ? 5 : 50;
    const random = seeded(`${seed} T08`);
    const fleet = await startFleet(await postgres.database(), { dispatchers: 1, scene: { maxInFlight: 3 } });
    const { scene, members } = fleet;
    const book = leaseBook(scene);
    await book.learn(members[0]);
    members.push(await fleet.start());
    await book.learn(members[1]);
    const each = 40;
    const codes = [];
    let busy = 0;
    let left = 0;
    for (let i = 0; i < stops; i++) {
      const victim = i % members.length;
      const done = await scene.receiver.count();
      const published = scene.publish(each);
      const goal = done + Math.floor(random() * each * scene.subscriptions * 0.6);
      await until('it delivers', async () => (await scene.receiver.count()) >= goal, 60_000, 2);
      if ([...(await scene.leased()).values()].some(({ count }) => count > 0)) busy += 1;
      codes.push(await members[victim].stop());
      left += await book.heldBy(members[victim]);
      await published;
      members[victim] = await fleet.start();
      await book.learn(members[victim]);
      if ((i + 1) % 10 === 0) say(`${i + 1} stops`);
    }
    await scene.settled();
    const found = await tally(scene);
    await fleet.close();
    const { n, lost, duplicates } = found;
    return verdict(
      { n, kills: 0, restarts: stops, other: `${stops} × SIGTERM`, lost, duplicates, bound: 0 },
      [
        ...delivered(found),
        ['exit codes', [...new Set(codes)].join(', '), codes.every((code) => code === 0)],
        ['stops with deliveries in flight', busy, busy >= stops / 2],
        ['claims that were left behind', left, left === 0],
      ],
    );
  },
};
