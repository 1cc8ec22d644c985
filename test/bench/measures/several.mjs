import { startReceiver } from '../processes.mjs';
import { openSql } from '../world.mjs';
import { backlogFor, deliver, proofOf, round } from './backlog.mjs';

/** One dispatcher and two on one PostgreSQL: never a double claim, whatever the speed. */
export const several = {
  name: 'several',
  async run({ database, scale }) {
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const rows = [];
      for (const dispatchers of [1, 2]) {
        const backlog = await backlogFor(receiver, database, Math.round(60_000 * scale));
        const run = await deliver({ receiver, database, sql, ...backlog, dispatchers });
        rows.push({
          figure: `deliveries/s, ${dispatchers} dispatcher process${dispatchers > 1 ? 'es' : ''}`,
          value: `${round(run.perSecond)} (${run.cpuUs.toFixed(0)} µs of Node's CPU each)`,
          bar: 'shown',
        });
        rows.push(...proofOf(run));
      }
      return rows;
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};
