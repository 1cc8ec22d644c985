import { leaseBook, startFleet } from '../fleet.mjs';
import { seeded, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** kill -9 of two dispatchers in turn, in the middle of what they send; the last one is not started again. */
export const t01 = {
  test: 'T01',
  title: 'kill -9 of two dispatchers in turn, the last kill with no restart',
  async run({ postgres, seed, quick, say }) {
    const [kills, total] = quick ? [30, 12_000] : [200, 60_000];
    const random = seeded(`${seed} T01`);
    const fleet = await startFleet(await postgres.database(), {
      dispatchers: 1,
      scene: { maxInFlight: 2, delayMs: 50 },
    });
    const { scene, members } = fleet;
    const book = leaseBook(scene);
    await book.learn(members[0]);
    members.push(await fleet.start());
    await book.learn(members[1]);
    const each = Math.ceil(total / scene.subscriptions / kills);
    let bound = 0;
    let idleKills = 0;
    for (let kill = 0; kill < kills; kill++) {
      const victim = kill % members.length;
      const done = await scene.receiver.count();
      const published = scene.publish(each);
      // Anywhere in what was just published.
      const goal = done + Math.floor(random() * each * scene.subscriptions * 0.8);
      await until('it delivers', async () => (await scene.receiver.count()) >= goal, 60_000, 2);
      // On a busy machine all of it may be over by now.
      for (let more = 0; more < 10 && (await book.heldNow(members[victim])).length === 0; more++)
        if ((await scene.open()) === 0) await scene.publish(2);
      await members[victim].kill();
      const held = await book.heldBy(members[victim]);
      bound += held;
      if (held === 0) idleKills += 1;
      await published;
      if (kill < kills - 1) {
        members[victim] = await fleet.start();
        await book.learn(members[victim]);
      }
      if ((kill + 1) % 25 === 0) say(`${kill + 1} kills, ${bound} were in flight`);
    }
    await scene.settled();
    const found = await tally(scene);
    await fleet.close();
    return verdict(
      { n: found.n, kills, restarts: kills - 1, lost: found.lost, duplicates: found.duplicates, bound },
      [
        ...delivered(found, { bound }),
        ['deliveries, at least', found.n, found.n >= total],
        ['kills that found nothing in flight', idleKills, idleKills <= kills / 10],
        ['in flight at the kills', bound, bound > 0],
      ],
    );
  },
};
