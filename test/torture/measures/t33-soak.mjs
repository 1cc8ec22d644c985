import { setTimeout as pause } from 'node:timers/promises';
import { INSPECTED, openMemory } from '../memory.mjs';
import { startRinger } from '../processes.mjs';
import { paced, seeded, setScene, tally, until } from '../scene.mjs';
import { delivered, RSS_SLOPE_MB, verdict } from '../verdict.mjs';

/** Minutes of mixed faults: answers of every kind, connections to the database cut, bursts; what grows, leaks. */
export const t33 = {
  test: 'T33',
  title: 'a soak: mixed answers, cut connections, bursts',
  async run({ postgres, seed, full, soak, say }) {
    const minutes = soak ?? (full ? 60 : 10);
    const warmUp = full ? 5 : Math.min(3, minutes / 3);
    const random = seeded(`${seed} T33`);
    const database = await postgres.database();
    const ringer = await startRinger({ ...INSPECTED, DATABASE_URL: database });
    const memory = await openMemory(ringer);
    const scene = await setScene(database, ringer, { subscriptions: 20 });
    await scene.receiver.behave({ mode: 'mixed', seed, delayMs: 5 });
    // Twice as much while it warms up, so that what is compiled later than that is little.
    let load = paced(scene, { rate: 300 });
    let warmed = false;
    const samples = [];
    const startedAt = performance.now();
    let cut = 0;
    for (let i = 0; performance.now() - startedAt < minutes * 60_000; i++) {
      await pause(10_000);
      if (!warmed && performance.now() - startedAt > warmUp * 60_000) {
        await load.stop();
        load = paced(scene, { rate: 150 });
        warmed = true;
      }
      if (i % 2 === 1) {
        const rows = await scene.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        cut += rows.length;
      }
      if (i % 3 === 2) await scene.publish(1 + Math.floor(random() * 20));
      const [{ connections }] = await scene.sql(
        `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE datname = current_database()`,
      );
      // As much as it ever is, and as much as it needs.
      const { rss: peak, files } = ringer.use();
      const { rss, heapUsed } = await memory.look();
      samples.push({
        at: (performance.now() - startedAt) / 60_000,
        connections,
        files,
        peak,
        rss,
        heapUsed,
      });
      if (i % 6 === 5)
        say(`minute ${Math.round(samples.at(-1).at)}: ${(samples.at(-1).rss / 2 ** 20).toFixed(0)} MB`);
    }
    memory.close();
    await load.stop();
    await scene.receiver.behave({ mode: 'ok' });
    // A third retry would wait for half an hour; what is in flight may ask for one still.
    await until(
      'nothing is open',
      async () => {
        await scene.sql('UPDATE open_delivery SET due_at = now() WHERE state = 2 AND due_at > now()');
        return (await scene.open()) === 0;
      },
      300_000,
      1_000,
    );
    const found = await tally(scene);
    const alive = ringer.exitCode() === undefined;
    const told = ringer.stderr().match(/given up|could not be made/g)?.length ?? 0;
    await ringer.kill();
    await scene.close();
    const warm = samples.filter(({ at }) => at > warmUp);
    const [first, second] = [warm.slice(0, warm.length / 2), warm.slice(warm.length / 2)];
    const most = (list, key) => Math.max(...list.map((sample) => sample[key]));
    const [rss, heap] = ['rss', 'heapUsed'].map(
      (key) => slope(warm.map((sample) => [sample.at, sample[key] / 2 ** 20])) * 10,
    );
    const { n, lost, duplicates } = found;
    return verdict(
      { n, kills: 0, restarts: 0, other: `${cut} connections cut`, lost, duplicates, bound: 0, rss, samples },
      [
        ...delivered(found, { okRate: 0.999 }),
        ['connections cut', cut, cut > 0],
        ['answers to publishes', JSON.stringify(Object.fromEntries(scene.answers)), !scene.answers.has(500)],
        [
          `slope of RSS after a full collection, MB in 10 min (at most ${RSS_SLOPE_MB})`,
          `${rss.toFixed(2)} over ${warm.length} looks`,
          rss <= RSS_SLOPE_MB,
        ],
        ['slope of the heap after it, MB in 10 min (at most 1)', heap.toFixed(2), heap <= 1],
        [
          'RSS after a collection, median of each half; at most before one, MB (at most 300)',
          `${[first, second].map((half) => (median(half.map(({ rss }) => rss)) / 2 ** 20).toFixed(1)).join(', ')}; ${(most(samples, 'peak') / 2 ** 20).toFixed(0)}`,
          most(samples, 'peak') <= 300 * 2 ** 20,
        ],
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
      ],
    );
  },
};

/** The median of the slopes of all pairs (Theil-Sen): one look in a bad moment moves it by nothing. */
function slope(points) {
  const slopes = points.flatMap(([x, y], i) =>
    points.slice(i + 1).map(([later, then]) => (then - y) / (later - x)),
  );
  return median(slopes);
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
