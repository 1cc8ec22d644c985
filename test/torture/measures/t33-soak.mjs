import { setTimeout as pause } from 'node:timers/promises';
import { startRinger } from '../processes.mjs';
import { paced, seeded, setScene, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** Minutes of mixed faults: answers of every kind, connections to the database cut, bursts; what grows, leaks. */
export const t33 = {
  test: 'T33',
  title: 'a soak: mixed answers, cut connections, bursts',
  async run({ postgres, seed, full, say }) {
    const [minutes, warmUp] = full ? [60, 5] : [10, 2];
    const random = seeded(`${seed} T33`);
    const database = await postgres.database();
    const ringer = await startRinger({ DATABASE_URL: database });
    const scene = await setScene(database, ringer, { subscriptions: 20 });
    await scene.receiver.behave({ mode: 'mixed', seed, delayMs: 5 });
    const load = paced(scene, { rate: 150 });
    const samples = [];
    const startedAt = performance.now();
    let cut = 0;
    for (let i = 0; performance.now() - startedAt < minutes * 60_000; i++) {
      await pause(5_000);
      if (i % 4 === 1) {
        const rows = await scene.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        cut += rows.length;
      }
      if (i % 6 === 5) await scene.publish(1 + Math.floor(random() * 20));
      const [{ connections }] = await scene.sql(
        `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE datname = current_database()`,
      );
      samples.push({ at: (performance.now() - startedAt) / 60_000, connections, ...ringer.use() });
      if (i % 12 === 11)
        say(`minute ${Math.round(samples.at(-1).at)}: ${(samples.at(-1).rss / 2 ** 20).toFixed(0)} MB`);
    }
    await load.stop();
    await scene.receiver.behave({ mode: 'ok' });
    // A third retry would wait for half an hour.
    await scene.sql('UPDATE open_delivery SET due_at = now() WHERE state = 2');
    await scene.settled();
    const found = await tally(scene);
    const alive = ringer.exitCode() === undefined;
    const told = ringer.stderr().match(/given up|could not be made/g)?.length ?? 0;
    await ringer.kill();
    await scene.close();
    const warm = samples.filter(({ at }) => at > warmUp);
    const [first, second] = [warm.slice(0, warm.length / 2), warm.slice(warm.length / 2)];
    const most = (list, key) => Math.max(...list.map((sample) => sample[key]));
    const rss = slope(warm.map(({ at, rss: bytes }) => [at, bytes / 2 ** 20])) * 10;
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: cut, lost, duplicates, bound: 0, rss }, [
      ...delivered(found, { okRate: 0.999 }),
      ['connections cut', cut, cut > 0],
      ['answers to publishes', JSON.stringify(Object.fromEntries(scene.answers)), !scene.answers.has(500)],
      ['RSS slope after the warm-up, MB in 10 min (at most 1)', rss.toFixed(2), rss <= 1],
      ['RSS at most, MB', (most(samples, 'rss') / 2 ** 20).toFixed(0), most(samples, 'rss') <= 300 * 2 ** 20],
      [
        'open files, most of each half',
        `${most(first, 'files')}, ${most(second, 'files')}`,
        most(second, 'files') <= most(first, 'files') + 20,
      ],
      [
        'database connections, most of each half',
        `${most(first, 'connections')}, ${most(second, 'connections')}`,
        most(second, 'connections') <= most(first, 'connections') + 3,
      ],
      ['outcomes given up, attempts not made', told, told === 0],
      ['the process never exited', alive, alive],
    ]);
  },
};

/** By least squares. */
function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const over = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return over / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}
