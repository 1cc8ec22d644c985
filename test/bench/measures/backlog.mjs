import { runScript, startRinger, usageOf } from '../processes.mjs';
import { verifySample } from '../samples.mjs';
import { fill, makeWorld, until } from '../world.mjs';

export const round = (n) => Math.round(n).toLocaleString('en');
export const ratio = (n) => n.toFixed(n < 0.1 ? 3 : 2);

/** The same POST and HMAC in a loop with no database: what everything is a ratio of. */
export async function bareRates(receiver, count) {
  const request = await runScript('bare.mjs', [receiver.url, count, 'request']);
  const dispatch = await runScript('bare.mjs', [receiver.url, count, 'dispatch']);
  return {
    request: request.perSecond,
    dispatch: dispatch.perSecond,
    requestUs: request.cpuUs,
    dispatchUs: dispatch.cpuUs,
  };
}

/** A world whose deliveries wait, published through the API of a process that sends nothing. */
export async function backlogFor(receiver, database, deliveries) {
  const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
  const world = await makeWorld(api, receiver.url);
  const total = await fill(api, world, deliveries);
  await api.stop();
  return { world, total };
}

/** Lets so many dispatchers deliver what waits, and counts what came of it. */
export async function deliver({ receiver, database, sql, world, total, dispatchers = 1 }) {
  await receiver.ask('reset');
  const before = await recorded(sql);
  const statements = await statementsOf(sql);
  const senders = await Promise.all(
    Array.from({ length: dispatchers }, () =>
      startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' }),
    ),
  );
  const seen = await until(`${total} deliveries`, async () => {
    const now = await receiver.ask('count');
    return now.count >= total ? now : null;
  });
  await until(
    'everything settled',
    async () => (await sql.one('SELECT count(*)::int AS n FROM open_delivery WHERE state < 2')).n === 0,
  );
  const spent = (await statementsOf(sql)) - statements;
  const cpuMs = senders.reduce((sum, { pid }) => sum + usageOf(pid).cpuMs, 0);
  const { samples } = await receiver.ask('samples');
  for (const sender of senders) await sender.stop();
  const after = await recorded(sql);
  const verified = await verifySample(samples, world.secrets);
  return {
    total,
    perSecond: total / ((seen.lastAt - seen.firstAt) / 1000),
    requests: seen.count,
    attempts: after.attempts - before.attempts,
    delivered: after.delivered - before.delivered,
    statements: spent / total,
    cpuUs: (cpuMs * 1000) / total,
    verified,
  };
}

/** The lines that say whether a run counts at all. */
export function proofOf({ total, requests, attempts, delivered, verified }) {
  const same = attempts === total && delivered === total && requests === total;
  return [
    {
      figure: '… requests = attempts recorded = deliveries with an attempt',
      value: `${requests} = ${attempts} = ${delivered}`,
      bar: `${total}`,
      met: same,
      counted: true,
    },
    {
      figure: '… sampled requests that verify',
      value: `${verified.good} of ${verified.looked}`,
      bar: 'all',
      met: verified.good === verified.looked && (verified.looked > 0 || total < 200),
      counted: true,
    },
  ];
}

async function recorded(sql) {
  return sql.one(
    'SELECT count(*)::int AS attempts, count(DISTINCT delivery_id)::int AS delivered FROM attempt',
  );
}

/** Transactions of the database so far: each hot statement stands alone. With the look-outs of this script. */
export async function statementsOf(sql) {
  return Number(
    (await sql.one('SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()')).n,
  );
}
