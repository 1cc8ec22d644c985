import { startReceiver, startRinger } from '../processes.mjs';
import { openSql, until } from '../world.mjs';
import { backlogFor, deliver, ratio, round } from './backlog.mjs';

/** Noyo's 16 attempts over three days, on a manual clock, each answered with 503: against what the same process sustains. */
export const noyo = {
  name: 'noyo',
  async run({ database, scale }) {
    const deliveries = Math.round(1_000 * scale);
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const backlog = await backlogFor(receiver, database, Math.round(30_000 * scale));
      const steady = await deliver({ receiver, database, sql, ...backlog });
      const ringer = await startRinger({ DATABASE_URL: database });
      const { slug } = await ringer.call('POST', '/tenants', { name: 'three days' });
      const base = `/tenants/${slug}`;
      await ringer.call('PUT', `${base}/clock`, { mode: 'manual' });
      for (let i = 0; i < 10; i++)
        await ringer.call('POST', `${base}/subscriptions`, {
          provider: 'noyo',
          url: `${receiver.url}/noyo/${i}`,
        });
      await receiver.ask('down');
      await receiver.ask('reset');
      const events = Array.from({ length: Math.ceil(deliveries / 10) }, () => ({
        provider: 'noyo',
        type: 'difference.created',
      }));
      const total = events.length * 10 * 16;
      await ringer.call('POST', `${base}/events/batch`, { events });
      await ringer.call('POST', `${base}/clock/advance`, { untilIdle: true, wait: '1s' });
      const seen = await until(`${total} attempts`, async () => {
        const now = await receiver.ask('count');
        return now.count >= total ? now : null;
      });
      await until('the end of the advance', async () => !(await ringer.call('GET', `${base}/clock`)).running);
      const record = await sql.one(`SELECT count(*)::int AS attempts, max(number)::int AS last,
        (extract(epoch FROM max(due_at) - min(due_at)) * 1000)::float8 AS span
        FROM attempt a JOIN tenant t ON t.id = a.tenant_id WHERE t.slug = '${slug}'`);
      await receiver.ask('up');
      await ringer.stop();
      const perSecond = total / ((seen.lastAt - seen.firstAt) / 1000);
      return [
        {
          figure: `Noyo: ${round(total / 16)} deliveries × 16 failing attempts on a manual clock, attempts/s`,
          value: `${round(perSecond)} (${ratio(perSecond / steady.perSecond)} of the ${round(steady.perSecond)} sustained in the same run)`,
          bar: 'at least 0.7',
          met: perSecond / steady.perSecond >= 0.7,
        },
        {
          figure: '… attempts recorded, last number, from the first to the last',
          value: `${record.attempts}, ${record.last}, ${round(record.span)} ms`,
          bar: `${total}, 16, 259,200,000 ms`,
          met: record.attempts === total && record.last === 16 && record.span >= 259_200_000,
          counted: true,
        },
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};
