import { setTimeout as pause } from 'node:timers/promises';
import { startRinger } from '../processes.mjs';
import { setScene, until } from '../scene.mjs';
import { verdict } from '../verdict.mjs';

const SLOTS = 512;

/** A receiver that says nothing, and a hundred thousand deliveries for it. */
export const t34 = {
  test: 'T34',
  title: 'a backlog of 100,000 for a receiver that does not answer',
  async run({ postgres }) {
    const database = await postgres.database();
    const ringer = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
    const dispatcher = await startRinger({
      DATABASE_URL: database,
      RINGER_ROLE: 'dispatcher',
      RINGER_SLOTS: String(SLOTS),
    });
    const scene = await setScene(database, ringer, { subscriptions: 100, delayMs: 0 });
    await scene.publish(100);
    await scene.settled();
    await scene.receiver.behave({ mode: 'hang' });
    const before = dispatcher.use().rss;
    for (let i = 0; i < 10; i++) await scene.publish(100);
    await until('it sends', async () => (await dispatcher.metric('ringer_in_flight')) > 0);
    let most = 0;
    let claimed = 0;
    let rss = 0;
    for (let i = 0; i < 30; i++) {
      most = Math.max(most, await dispatcher.metric('ringer_in_flight'));
      for (const { count } of (await scene.leased()).values()) claimed = Math.max(claimed, count);
      rss = Math.max(rss, dispatcher.use().rss);
      await pause(500);
    }
    const open = await scene.open();
    const grownMb = (rss - before) / 2 ** 20;
    await dispatcher.kill();
    await ringer.kill();
    await scene.close();
    return verdict({ n: 100_000, kills: 0, restarts: 0 }, [
      ['open, none lost', open, open === 100_000],
      ['in flight at most', `${most} of ${SLOTS} slots`, most > 0 && most <= SLOTS],
      ['claimed at most', claimed, claimed <= 2 * SLOTS],
      ['RSS grew by, MB (at most 20)', grownMb.toFixed(1), grownMb <= 20],
    ]);
  },
};
