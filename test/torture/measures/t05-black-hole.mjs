import { setTimeout as pause } from 'node:timers/promises';
import { blackHole } from '../black-hole.mjs';
import { startRinger } from '../processes.mjs';
import { paced, seeded, setScene, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** The line between the dispatcher and PostgreSQL swallows everything for a while, and is never closed. */
export const t05 = {
  test: 'T05',
  title: 'the line to PostgreSQL goes silent for 4 to 12 s',
  async run({ postgres, seed, say }) {
    const holes = 10;
    const random = seeded(`${seed} T05`);
    const database = await postgres.database();
    const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
    const scene = await setScene(database, api);
    const line = await blackHole(database);
    const dispatcher = await startRinger({
      DATABASE_URL: line.url,
      RINGER_ROLE: 'dispatcher',
      RINGER_SLOTS: '64',
    });
    const load = paced(scene, { rate: 200 });
    let bound = 0;
    let slowest = 0;
    let noticed = 0;
    for (let i = 0; i < holes; i++) {
      const before = await scene.receiver.count();
      await until('it delivers', async () => (await scene.receiver.count()) > before + 50);
      line.swallow();
      for (const { count } of (await scene.leased()).values()) bound += count;
      await pause(4_000 + random() * 8_000);
      if (!(await dispatcher.ready())) noticed += 1;
      const arrived = await scene.receiver.count();
      line.heal();
      const healedAt = performance.now();
      await until('it delivers again', async () => (await scene.receiver.count()) > arrived + 10, 60_000);
      slowest = Math.max(slowest, performance.now() - healedAt);
      say(`hole ${i + 1}: ${bound} were in flight, flow back after at most ${Math.round(slowest)} ms`);
    }
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    const alive = dispatcher.exitCode() === undefined;
    await dispatcher.kill();
    await api.kill();
    line.close();
    await scene.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: 0, other: `${holes} silences`, lost, duplicates, bound }, [
      ...delivered(found, { bound }),
      ['in flight when the line went silent', bound, bound > 0],
      ['silences in which it said not to be ready', noticed, noticed === holes],
      ['the process never exited', alive, alive],
      ['flow back after, slowest, ms (at most 15,000)', Math.round(slowest), slowest <= 15_000],
    ]);
  },
};
