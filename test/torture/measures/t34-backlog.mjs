import { setTimeout as pause } from 'node:timers/promises';
import { INSPECTED, openMemory } from '../memory.mjs';
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
      ...INSPECTED,
      DATABASE_URL: database,
      RINGER_ROLE: 'dispatcher',
      RINGER_SLOTS: String(SLOTS),
    });
    const scene = await setScene(database, ringer, { subscriptions: 100, delayMs: 0 });
    const memory = await openMemory(dispatcher);
    await scene.publish(100);
    await scene.settled();
    const usual = dispatcher.use().rss;
    const before = (await memory.look()).rss;
    await scene.receiver.behave({ mode: 'hang' });
    for (let i = 0; i < 10; i++) await scene.publish(100);
    await until('it sends', async () => (await dispatcher.metric('ringer_in_flight')) > 0);
    let most = 0;
    let claimed = 0;
    let rss = 0;
    let held = 0;
    for (let i = 0; i < 30; i++) {
      most = Math.max(most, await dispatcher.metric('ringer_in_flight'));
      for (const { count } of (await scene.leased()).values()) claimed = Math.max(claimed, count);
      rss = Math.max(rss, dispatcher.use().rss);
      if (i % 5 === 4) held = Math.max(held, (await memory.look()).rss);
      await pause(500);
    }
    const open = await scene.open();
    const grownMb = (held - before) / 2 ** 20;
    memory.close();
    await dispatcher.kill();
    await ringer.kill();
    await scene.close();
    return verdict({ n: 100_000, what: 'deliveries that wait', kills: 0, restarts: 0 }, [
      ['open, none lost', open, open === 100_000],
      ['in flight at most', `${most} of ${SLOTS} slots`, most > 0 && most <= SLOTS],
      ['claimed at most', claimed, claimed <= 2 * SLOTS],
      ['RSS after a full collection grew by, MB (at most 20)', grownMb.toFixed(1), grownMb <= 20],
      [
        'RSS with what was not collected yet, before it and at most, MB (at most 300)',
        [usual, rss].map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(', '),
        rss <= 300 * 2 ** 20,
      ],
    ]);
  },
};
