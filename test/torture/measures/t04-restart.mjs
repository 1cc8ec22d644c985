import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../fleet.mjs';
import { paced, seeded, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** PostgreSQL crashes under load and is away for up to two seconds, again and again. */
export const t04 = {
  test: 'T04',
  title: 'PostgreSQL stops at once (immediate) and comes back after 0 to 2 s, under load',
  ownServer: true,
  async run({ postgres, seed, quick, full, say }) {
    const restarts = quick ? 5 : full ? 100 : 30;
    const random = seeded(`${seed} T04`);
    const fleet = await startFleet(await postgres.database());
    const { scene, members, api } = fleet;
    const load = paced(scene, { rate: 300, batch: 2 });
    let slowest = 0;
    /** An outcome that could not be written before its lease ended may be repeated once; two seconds are far from that. */
    let bound = 0;
    await until('it delivers', async () => (await scene.receiver.count()) > 100);
    for (let i = 0; i < restarts; i++) {
      await pause(500 + random() * 1_500);
      // The load comes in bursts that a quick machine has done with between two: the stop waits for the next one.
      const inFlight = await until('something is in flight', () => scene.inFlight(), 60_000, 1);
      bound += inFlight;
      await postgres.stop('immediate');
      await pause(random() * 2_000);
      const atReturn = await scene.receiver.count();
      await postgres.start();
      const backAt = performance.now();
      await until('it delivers again', async () => (await scene.receiver.count()) > atReturn, 60_000, 10);
      slowest = Math.max(slowest, performance.now() - backAt);
      if ((i + 1) % 10 === 0) say(`${i + 1} restarts, ${scene.accepted.size} events accepted`);
    }
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    const alive = [...members, api].filter((one) => one.exitCode() === undefined).length;
    const again =
      [...members]
        .map((one) => one.stderr())
        .join('')
        .match(/given up/g)?.length ?? 0;
    await fleet.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts, lost, duplicates, bound }, [
      ...delivered(found, { bound }),
      ['in flight at the stops, all together', bound, bound >= restarts],
      ['processes that never exited', alive, alive === 3],
      ['batches of outcomes given up', again, again === 0],
      [
        'first delivery after a return, slowest, ms (at most 3,000)',
        Math.round(slowest),
        quick || slowest <= 3_000,
      ],
      ['answers to publishes', JSON.stringify(Object.fromEntries(scene.answers)), !scene.answers.has(500)],
    ]);
  },
};
