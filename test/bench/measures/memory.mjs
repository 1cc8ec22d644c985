import { startReceiver, startRinger, usageOf } from '../processes.mjs';
import { openSql } from '../world.mjs';
import { backlogFor, round, statementsOf } from './backlog.mjs';

const DUE = 1_000_000;
const WATCHED_MS = 10_000;
/** A server counts what a connection did up to ten seconds after it fell idle: what the start asked must be counted by then. */
const SETTLED_MS = 13_000;
const IDLE_MS = 30_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** What a process holds with a million due, and what it costs when nothing is. PostgreSQL. */
export const memory = {
  name: 'memory',
  async run({ database, scale }) {
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const idle = await whenIdle(database, sql);
      await backlogFor(receiver, database, 2_000);
      const due = await multiply(sql, Math.round(DUE * Math.min(1, scale)));
      const sender = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' });
      let rssMb = 0;
      let claimed = 0;
      for (let waited = 0; waited < WATCHED_MS; waited += 250) {
        await pause(250);
        rssMb = Math.max(rssMb, usageOf(sender.pid).rssMb);
        const held = await sql.one(
          'SELECT count(*)::int AS n FROM open_delivery WHERE state < 2 AND lease_until > now()',
        );
        claimed = Math.max(claimed, held.n);
      }
      const { count } = await receiver.ask('count');
      await sender.stop();
      return [
        {
          figure: `memory with ${round(due)} due, sending, RSS`,
          value: `${round(rssMb)} MB (${round(count)} sent meanwhile)`,
          bar: '≤ 300 MB',
          met: rssMb <= 300,
        },
        {
          figure: '… rows under a lease: in flight (512 slots) or answered and not yet durable (1,000)',
          value: round(claimed),
          bar: '≤ 2,012',
          met: claimed <= 2_012,
        },
        {
          figure: 'idle, statements/s',
          value: idle.statements.toFixed(1),
          bar: '≤ 2',
          met: idle.statements <= 2,
        },
        {
          figure: 'idle, share of one core',
          value: `${(idle.core * 100).toFixed(1)} %`,
          bar: '≤ 1 %',
          met: idle.core <= 0.01,
        },
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};

async function whenIdle(database, sql) {
  const ringer = await startRinger({ DATABASE_URL: database });
  await pause(SETTLED_MS);
  const [cpuMs, statements] = [usageOf(ringer.pid).cpuMs, await statementsOf(sql)];
  await pause(IDLE_MS);
  const idle = {
    core: (usageOf(ringer.pid).cpuMs - cpuMs) / IDLE_MS,
    // One of them is this look itself.
    statements: ((await statementsOf(sql)) - statements - 1) / (IDLE_MS / 1000),
  };
  await ringer.stop();
  return idle;
}

/** Copies of what waits, with ids of their own. */
async function multiply(sql, wanted) {
  const { n } = await sql.one('SELECT count(*)::int AS n FROM open_delivery');
  const copies = Math.max(0, Math.ceil(wanted / n) - 1);
  await sql.one(`INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, own_clock, due_at, created_at)
    SELECT tenant_id, (left(id::text, 14) || '7' || substr(md5(id::text || g), 1, 3) || '-8' || substr(md5(id::text || g), 4, 3) || '-' || substr(md5(id::text || g), 7, 12))::uuid,
      event_id, subscription_id, lane, state, own_clock, due_at, created_at
    FROM open_delivery, generate_series(1, ${copies}) g`);
  return (await sql.one('SELECT count(*)::int AS n FROM open_delivery')).n;
}
