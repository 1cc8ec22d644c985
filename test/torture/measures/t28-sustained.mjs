import { setTimeout as pause } from 'node:timers/promises';
import { startRinger } from '../processes.mjs';
import { latencies, paced, setScene, share, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** A steady load with everything on, and how soon what was accepted arrives. */
export const t28 = {
  test: 'T28',
  title: '200 deliveries a second to 100 subscriptions, receiver 20 ms',
  async run({ postgres, full }) {
    const seconds = full ? 600 : 120;
    const database = await postgres.database();
    const ringer = await startRinger({ DATABASE_URL: database });
    const scene = await setScene(database, ringer, { subscriptions: 100 });
    const load = paced(scene, { rate: 200 });
    await pause(seconds * 1_000);
    await load.stop();
    await pause(1_000);
    const left = await scene.open();
    await scene.settled();
    const found = await tally(scene);
    const times = latencies(scene, found.entries);
    await ringer.kill();
    await scene.close();
    const p99Ms = share(times, 0.99);
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: 0, lost, duplicates, bound: 0, p99Ms }, [
      ...delivered(found),
      ['deliveries a second', (n / seconds).toFixed(0), n / seconds >= 190],
      [
        'accepted → received, p50 and p99, ms (p99 at most 1,000)',
        `${share(times, 0.5).toFixed(1)}, ${p99Ms.toFixed(1)}`,
        p99Ms <= 1_000,
      ],
      ['still open a second after the end', left, left === 0],
      [
        'answers to publishes',
        JSON.stringify(Object.fromEntries(scene.answers)),
        [...scene.answers.keys()].join() === '202',
      ],
    ]);
  },
};
