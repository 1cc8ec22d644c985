import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startRinger } from '../processes.mjs';
import { paced, setScene, share, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** Somebody reads for minutes in one transaction, so that no dead row can go; claims must not get slower by it. */
export const t29 = {
  test: 'T29',
  title: 'a REPEATABLE READ transaction stays open at 200 deliveries a second',
  ownServer: true,
  async run({ postgres, full }) {
    const openS = full ? 600 : 150;
    const database = await postgres.database();
    const ringer = await startRinger({ DATABASE_URL: database });
    const scene = await setScene(database, ringer, { subscriptions: 20 });
    await postgres.system('ALTER SYSTEM SET log_min_duration_statement = 0');
    await postgres.system('ALTER SYSTEM SET autovacuum_naptime = 5');
    await postgres.system('SELECT pg_reload_conf()');
    const load = paced(scene, { rate: 200 });
    await pause(10_000);
    const before = claims(postgres);
    const reader = new pg.Client({ connectionString: database });
    await reader.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM open_delivery');
    await pause(openS * 1_000);
    const dead = await deadRows(scene);
    const during = claims(postgres).slice(before.length);
    await reader.query('COMMIT');
    await reader.end();
    await pause(20_000);
    const after = claims(postgres).slice(before.length + during.length);
    const deadAfter = await deadRows(scene);
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    await ringer.kill();
    await scene.close();
    const p99 = (list) =>
      share(
        [...list].sort((a, b) => a - b),
        0.99,
      );
    const [base, while_, later] = [before, during, after].map(p99);
    const { n, lost, duplicates } = found;
    return verdict(
      { n, kills: 0, restarts: 0, other: '1 long transaction', lost, duplicates, bound: 0, p99Ms: while_ },
      [
        ...delivered(found),
        [
          'claims before, during, after',
          [before, during, after].map((l) => l.length).join(', '),
          during.length > 1_000,
        ],
        [
          'claim p99 before, during, after, ms (at most 10 during)',
          [base, while_, later].map((ms) => ms.toFixed(2)).join(', '),
          while_ <= 10,
        ],
        [
          'within 20 s of its end at most twice the base, or 1 ms',
          later.toFixed(2),
          later <= Math.max(1, 2 * base),
        ],
        ['dead rows of the queue at its end, and 20 s later', `${dead}, ${deadAfter}`, deadAfter < dead],
      ],
    );
  },
};

/** How long each claim took, by the server's own log, milliseconds. */
function claims({ folder }) {
  const text = readFileSync(join(folder, 'log'), 'utf8');
  return [...text.matchAll(/duration: ([\d.]+) ms {2}execute claim/g)].map((found) => Number(found[1]));
}

async function deadRows(scene) {
  const [{ n }] = await scene.sql(
    `SELECT n_dead_tup::int AS n FROM pg_stat_user_tables WHERE relname = 'open_delivery'`,
  );
  return n;
}
