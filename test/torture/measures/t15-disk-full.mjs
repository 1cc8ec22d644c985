import { execFileSync } from 'node:child_process';
import { giveToPostgres } from '../postgres.mjs';
import { startRinger, undoAtExit } from '../processes.mjs';
import { setScene, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

const TENTH = 'x'.repeat(100_000);

/** The disk under the tables is full: a file system of 64 MiB, in memory. Needs root. */
export const t15 = {
  test: 'T15',
  title: 'the disk is full (53100), and then is not any more',
  ownServer: true,
  async run({ postgres }) {
    const place = postgres.makeFolder('small');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', place], { stdio: 'ignore' });
    } catch {
      return verdict({ notRun: true }, [['not run: a file system can only be mounted by root', '', true]]);
    }
    const unmount = () => execFileSync('umount', ['-l', place], { stdio: 'ignore' });
    const gone = undoAtExit(unmount);
    try {
      giveToPostgres(place);
      await postgres.system(`CREATE TABLESPACE small LOCATION '${place}'`);
      const database = await postgres.database('TABLESPACE small');
      const ringer = await startRinger({ DATABASE_URL: database });
      const scene = await setScene(database, ringer, { subscriptions: 2, delayMs: 0 });
      const publish = scene.publish;
      let refused = 0;
      const statuses = new Set();
      await until(
        'the disk is full',
        async () => {
          const answer = await fetch(`${ringer.url}/api/v1${scene.base}/events`, {
            method: 'POST',
            headers: scene.headers,
            body: JSON.stringify({
              provider: 'novamed',
              type: 'order:created',
              payload: { event_id: 'filler', text: random(TENTH.length) },
            }),
          });
          await answer.arrayBuffer();
          if (answer.status !== 202) statuses.add(answer.status);
          if (answer.status === 503) refused += 1;
          return refused >= 20;
        },
        300_000,
        0,
      );
      // Some of these are answered with 503 and asked again until there is room.
      const waiting = Array.from({ length: 10 }, () => publish(1));
      await until('they are refused', () => (scene.answers.get(503) ?? 0) >= 10, 30_000);
      const alive = ringer.exitCode() === undefined;
      execFileSync('mount', ['-o', 'remount,size=256m', place]);
      await Promise.all(waiting);
      await scene.publish(10);
      await scene.settled();
      const found = await tally(scene);
      await ringer.kill();
      await scene.close();
      const { n, lost, duplicates } = found;
      return verdict({ n, kills: 0, restarts: 0, other: '1 full disk', lost, duplicates, bound: 0 }, [
        ...delivered(found),
        ['refusals while it was full', refused, refused >= 20],
        ['their statuses', [...statuses].join(', '), [...statuses].every((status) => status === 503)],
        ['answers to publishes', JSON.stringify(Object.fromEntries(scene.answers)), !scene.answers.has(500)],
        ['the process went on', alive, alive],
      ]);
    } finally {
      await postgres.stop().catch(() => {});
      gone();
      unmount();
    }
  },
};

/** Nothing that a database could make smaller. */
function random(length) {
  return Array.from({ length: length / 8 }, () =>
    Math.random().toString(36).slice(2, 10).padEnd(8, '0'),
  ).join('');
}
