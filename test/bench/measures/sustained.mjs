import { runScript, startReceiver, startRinger } from '../processes.mjs';
import { verifySample } from '../samples.mjs';
import { fill, makeWorld, openSql, until } from '../world.mjs';

/** What one process delivers from a backlog, against the same POST and HMAC in a bare loop with no database. */
export const sustained = {
  name: 'sustained',
  async run({ database, scale, say }) {
    const want = Math.round(60_000 * scale);
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
      const world = await makeWorld(api, receiver.url);
      const total = await fill(api, world, want);
      await api.stop();
      const bare = await bareRates(receiver, Math.round(60_000 * scale));
      say(`bare loop: request ${round(bare.request)}/s, dispatch ${round(bare.dispatch)}/s`);
      await receiver.ask('reset');
      const statements = await statementsOf(sql);
      const sender = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' });
      const seen = await until(`${total} deliveries`, async () => {
        const now = await receiver.ask('count');
        return now.count >= total ? now : null;
      });
      await until(
        'everything settled',
        async () => (await sql.one('SELECT count(*)::int AS n FROM open_delivery')).n === 0,
      );
      const spent = (await statementsOf(sql)) - statements;
      const { samples } = await receiver.ask('samples');
      await sender.stop();
      const again = await bareRates(receiver, Math.round(60_000 * scale));
      const attempts = (await sql.one('SELECT count(*)::int AS n FROM attempt')).n;
      const verified = await verifySample(samples, world.secrets);
      const perSecond = total / ((seen.lastAt - seen.firstAt) / 1000);
      const bareRequest = (bare.request + again.request) / 2;
      const bareDispatch = (bare.dispatch + again.dispatch) / 2;
      return [
        { figure: 'deliveries/s, one process, PostgreSQL', value: round(perSecond) },
        {
          figure: 'ratio to the bare loop of Pool.request + HMAC',
          value: ratio(perSecond / bareRequest),
          bar: 'at least 0.5',
          met: perSecond / bareRequest >= 0.5,
        },
        {
          figure: 'ratio to the bare loop of Pool.dispatch + HMAC',
          value: ratio(perSecond / bareDispatch),
          bar: 'shown',
        },
        {
          figure: 'attempts recorded = deliveries',
          value: `${attempts} = ${total}`,
          bar: 'equal',
          met: attempts === total,
        },
        {
          figure: 'sampled requests that verify',
          value: `${verified.good} of ${verified.looked}`,
          bar: 'all',
          met: verified.good === verified.looked,
        },
        {
          figure: 'SQL statements per delivery, saturated',
          value: ratio(spent / total),
          note: 'with the look-outs of this script',
        },
        {
          figure: 'bare loop, request/s (before, after)',
          value: `${round(bare.request)}, ${round(again.request)}`,
        },
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};

export async function bareRates(receiver, count) {
  const request = await runScript('bare.mjs', [receiver.url, count, 'request']);
  const dispatch = await runScript('bare.mjs', [receiver.url, count, 'dispatch']);
  return { request: request.perSecond, dispatch: dispatch.perSecond };
}

/** Transactions of the database so far: each hot statement stands alone. */
async function statementsOf(sql) {
  return Number(
    (await sql.one('SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()')).n,
  );
}

export const round = (n) => Math.round(n).toLocaleString('en');
export const ratio = (n) => n.toFixed(n < 0.1 ? 3 : 2);
