import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../fleet.mjs';
import { paced, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** The server turns read-only, as a primary that was demoted, and comes back. */
export const t06 = {
  test: 'T06',
  title: 'PostgreSQL turns read-only (25006) for 20 s under load',
  ownServer: true,
  async run({ postgres, quick }) {
    const fleet = await startFleet(await postgres.database());
    const { scene, members, api } = fleet;
    const load = paced(scene, { rate: 200 });
    await until('it delivers', async () => (await scene.receiver.count()) > 100);
    const turn = async (to) => {
      await postgres.system(`ALTER SYSTEM SET default_transaction_read_only = ${to}`);
      await postgres.system('SELECT pg_reload_conf()');
    };
    // What could not be written before its lease ended may be repeated once: nothing is claimed meanwhile.
    let bound = await scene.inFlight();
    await turn('on');
    bound += await scene.inFlight();
    const at = performance.now();
    await until('no process is ready', async () => !(await Promise.all(fleetReady())).some(Boolean));
    const noticedMs = performance.now() - at;
    const before = scene.answers.get(503) ?? 0;
    await pause(Math.max(0, (quick ? 5_000 : 20_000) - (performance.now() - at)));
    const refused = (scene.answers.get(503) ?? 0) - before;
    const arrived = await scene.receiver.count();
    const accepted = scene.accepted.size;
    await postgres.system('ALTER SYSTEM RESET default_transaction_read_only');
    await postgres.system('SELECT pg_reload_conf()');
    const backAt = performance.now();
    await until('it delivers again', async () => (await scene.receiver.count()) > arrived + 10);
    const backMs = performance.now() - backAt;
    await until('all are ready', async () => (await Promise.all(fleetReady())).every(Boolean));
    const readyMs = performance.now() - backAt;
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    const alive = [...members, api].filter((one) => one.exitCode() === undefined).length;
    await fleet.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: 0, other: '1 turn to read-only', lost, duplicates, bound }, [
      ...delivered(found, { bound }),
      ['publishes refused with 503 meanwhile', refused, refused > 0],
      [
        'accepted at the turn, and more after it',
        `${accepted}, ${scene.accepted.size}`,
        scene.accepted.size > accepted,
      ],
      ['processes that never exited', alive, alive === 3],
      ['not ready after, ms (at most 5,000)', Math.round(noticedMs), quick || noticedMs <= 5_000],
      ['flow back after, ms (at most 5,000)', Math.round(backMs), quick || backMs <= 5_000],
      ['all ready again after, ms (at most 5,000)', Math.round(readyMs), quick || readyMs <= 5_000],
      ['answers to publishes', JSON.stringify(Object.fromEntries(scene.answers)), !scene.answers.has(500)],
    ]);

    function fleetReady() {
      return [...members, api].map((one) => one.ready());
    }
  },
};
