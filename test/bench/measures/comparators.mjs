import { runScript } from '../processes.mjs';

const rival = (title, script, expected) => ({
  async run({ receiver, database, count }) {
    await receiver.ask('reset');
    const { perSecond } = await runScript(script, [database, receiver.url, count]);
    return { title, perSecond, expected };
  },
});

/** Below this share of what it is known to reach, a comparator's run says nothing: it is void. */
export const VOID_BELOW = 0.8;

/** `expected`: what it is known to reach of a bare loop in the same run. */
export const graphileWorker = rival(
  'graphile-worker 0.17, local queue',
  'graphile-worker.mjs',
  9_700 / 27_000,
);
export const pgBoss = rival('pg-boss 10.4, batches of 200', 'pg-boss.mjs', 8_500 / 27_000);
