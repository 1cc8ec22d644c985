import { startReceiver } from '../processes.mjs';
import { openSql } from '../world.mjs';
import { backlogFor, bareRates, deliver, proofOf, ratio, round } from './backlog.mjs';
import { graphileWorker, pgBoss, VOID_BELOW } from './comparators.mjs';

/** What one process delivers from a backlog, against a bare loop with no database and against two job queues, in one run. */
export const sustained = {
  name: 'sustained',
  async run({ database, scale, say }) {
    const count = Math.round(60_000 * scale);
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const backlog = await backlogFor(receiver, database, count);
      const first = await bareRates(receiver, count);
      say(`bare loop: request ${round(first.request)}/s, dispatch ${round(first.dispatch)}/s`);
      const run = await deliver({ receiver, database, sql, ...backlog });
      say(`Ringer: ${round(run.perSecond)}/s`);
      const rivals = [];
      for (const rival of [graphileWorker, pgBoss])
        rivals.push(await rival.run({ receiver, database, count }));
      const last = await bareRates(receiver, count);
      const bare = (first.request + last.request) / 2;
      const isVoid = ({ perSecond, expected }) => perSecond / bare < VOID_BELOW * expected;
      const best = Math.max(...rivals.map((rival) => rival.perSecond));
      return [
        { figure: 'deliveries/s, one process, PostgreSQL', value: round(run.perSecond) },
        {
          figure: 'ratio to the bare loop of Pool.request + HMAC',
          value: ratio(run.perSecond / bare),
          bar: 'at least 0.5',
          met: run.perSecond / bare >= 0.5,
        },
        {
          figure: 'ratio to the bare loop of Pool.dispatch + HMAC',
          value: ratio((run.perSecond * 2) / (first.dispatch + last.dispatch)),
          bar: 'shown',
        },
        ...proofOf(run),
        {
          figure: 'SQL statements per delivery, saturated',
          value: ratio(run.statements),
          bar: 'at most 0.05',
          met: run.statements <= 0.05,
        },
        {
          figure: "Node's CPU per delivery, start included (bare request, dispatch)",
          value: `${run.cpuUs.toFixed(0)} µs (${first.requestUs.toFixed(0)}, ${first.dispatchUs.toFixed(0)} µs)`,
        },
        ...rivals.map(({ title, perSecond, expected }) => ({
          figure: `${title}, the same POST, no attempt log`,
          value: `${round(perSecond)}/s (${ratio(perSecond / bare)} of the bare loop)`,
          bar: `${isVoid({ perSecond, expected }) ? 'void: ' : ''}known to reach ${ratio(expected)} of it`,
        })),
        {
          figure: 'ratio to the better of the two',
          value: ratio(run.perSecond / best),
          ...(rivals.every(isVoid)
            ? { bar: 'shown, both are void (at least 1.5)' }
            : { bar: 'at least 1.5', met: run.perSecond / best >= 1.5 }),
        },
        {
          figure: 'bare loop of Pool.request, before and after',
          value: `${round(first.request)}, ${round(last.request)}/s`,
        },
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};
