import { claimSql } from '../../../dist/store/sql/claim.js';
import { startReceiver, startRinger } from '../processes.mjs';
import { openSql } from '../world.mjs';
import { backlogFor, deliver, proofOf, ratio, round } from './backlog.mjs';

const FINISHED = 1_000_000;
const FUTURE = 100_000;

/** Whether a full house costs anything: throughput, the claim and the lists beside a million finished and 100,000 future deliveries. */
export const crowded = {
  name: 'crowded',
  async run({ database, scale, say }) {
    const count = Math.round(60_000 * scale);
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const empty = await deliver({
        receiver,
        database,
        sql,
        ...(await backlogFor(receiver, database, count)),
      });
      const finished = await multiply(sql, Math.round(FINISHED * Math.min(1, scale)));
      const future = await postpone(sql, Math.round(FUTURE * Math.min(1, scale)));
      say(`${round(finished)} finished, ${round(future)} future`);
      const backlog = await backlogFor(receiver, database, count);
      const claimMs = await timesOfClaims(sql);
      const full = await deliver({ receiver, database, sql, ...backlog });
      const listMs = await timesOfLists(database, backlog.world);
      const loss = full.perSecond / empty.perSecond;
      return [
        { figure: 'deliveries/s beside nothing', value: round(empty.perSecond) },
        {
          figure: `… beside ${round(finished)} finished and ${round(future)} future deliveries`,
          value: `${round(full.perSecond)} (${ratio(loss)})`,
          bar: 'at least 0.85',
          met: loss >= 0.85,
        },
        ...proofOf(full),
        {
          figure: '… a claim of 100 lanes, p50, p99',
          value: `${at(claimMs, 0.5)}, ${at(claimMs, 0.99)} ms`,
          bar: 'p99 ≤ 5 ms',
          met: Number(at(claimMs, 0.99)) <= 5,
        },
        ...Object.entries(listMs).map(([title, times]) => ({
          figure: `… ${title}, median`,
          value: `${at(times, 0.5)} ms`,
          bar: '≤ 50 ms',
          met: Number(at(times, 0.5)) <= 50,
        })),
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};

/** Copies of what is finished, each with ids of its own from the same days. @returns how many there are. */
async function multiply(sql, wanted) {
  const { n } = await sql.one('SELECT count(*)::int AS n FROM finished_delivery');
  const copies = Math.max(0, Math.ceil(wanted / n) - 1);
  const fresh = (id) =>
    `(left(${id}::text, 14) || '7' || substr(md5(${id}::text || g), 1, 3) || '-8' || substr(md5(${id}::text || g), 4, 3) || '-' || substr(md5(${id}::text || g), 7, 12))::uuid`;
  await sql.one(`INSERT INTO finished_delivery (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
    SELECT tenant_id, ${fresh('id')}, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at
    FROM finished_delivery, generate_series(1, ${copies}) g`);
  await sql.one(`INSERT INTO attempt (tenant_id, id, delivery_id, subscription_id, number, trigger, outcome, due_at, started_at, wall_started_at,
      duration_ms, subscription_status, url, request_headers, request_bytes, signature, response_status, response_headers, timing)
    SELECT tenant_id, ${fresh('id')}, ${fresh('delivery_id')}, subscription_id, number, trigger, outcome, due_at, started_at, wall_started_at,
      duration_ms, subscription_status, url, request_headers, request_bytes, signature, response_status, response_headers, timing
    FROM attempt, generate_series(1, ${copies}) g`);
  await sql.one('ANALYZE finished_delivery');
  await sql.one('ANALYZE attempt');
  return (await sql.one('SELECT count(*)::int AS n FROM finished_delivery')).n;
}

/** Deliveries that wait for their retry, over the next 30 days. */
async function postpone(sql, wanted) {
  await sql.one(`INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, own_clock, tries, due_at, created_at)
    SELECT f.tenant_id, (left(f.id::text, 14) || '7' || substr(md5('f' || f.id), 1, 3) || '-8' || substr(md5('f' || f.id), 4, 3) || '-' || substr(md5('f' || f.id), 7, 12))::uuid,
      f.event_id, f.subscription_id, s.lane, 2, false, 1, now() + interval '1 day' + random() * interval '30 days', f.created_at
    FROM finished_delivery f JOIN subscription s ON s.tenant_id = f.tenant_id AND s.id = f.subscription_id LIMIT ${wanted}`);
  return (await sql.one('SELECT count(*)::int AS n FROM open_delivery WHERE state = 2')).n;
}

/** What the dispatcher asks, as it asks it: taken back each time. */
async function timesOfClaims(sql) {
  const { lanes: all } = await sql.one('SELECT array_agg(lane) AS lanes FROM subscription');
  const lanes = all.slice(0, 100);
  const wants = lanes.map(() => 1);
  const fromTheBeginning = lanes.map(() => Number.NEGATIVE_INFINITY);
  const times = [];
  for (const setting of ['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'jit'])
    await sql.one(`SET ${setting} = off`);
  await sql.one('SET plan_cache_mode = force_generic_plan');
  for (let i = 0; i < 210; i++) {
    await sql.one('BEGIN');
    const startedAt = performance.now();
    await sql.one({
      name: 'claim',
      text: claimSql(0),
      values: [lanes, wants, i, 30, fromTheBeginning],
    });
    if (i >= 10) times.push(performance.now() - startedAt);
    await sql.one('ROLLBACK');
  }
  await sql.one('RESET ALL');
  return times;
}

async function timesOfLists(database, { base }) {
  const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
  const { data } = await api.call('GET', `${base}/subscriptions?limit=1`);
  const lists = {
    'GET deliveries': `${base}/deliveries?limit=50`,
    'GET deliveries of one subscription': `${base}/deliveries?limit=50&subscriptionId=${data[0].id}`,
    'GET deliveries that failed (none did)': `${base}/deliveries?limit=50&status=failed`,
    'GET deliveries of one provider': `${base}/deliveries?limit=50&provider=noyo`,
    'GET events': `${base}/events?limit=50`,
  };
  const found = {};
  for (const [title, path] of Object.entries(lists)) {
    found[title] = [];
    for (let i = 0; i < 12; i++) {
      const startedAt = performance.now();
      await api.call('GET', path);
      if (i >= 2) found[title].push(performance.now() - startedAt);
    }
  }
  await api.stop();
  return found;
}

function at(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}
