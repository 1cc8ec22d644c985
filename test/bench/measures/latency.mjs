import { runScript, startReceiver, startRinger } from '../processes.mjs';
import { makeWorld } from '../world.mjs';

/** What has a bar is a process that has been at work for a while: a new one compiles what it runs for some seconds. */
const WARM_UP = 3_000;

/** From sending `POST /events` to the request's arrival at the receiver. */
export const latency = {
  name: 'latency',
  async run({ database, scale }) {
    const seconds = Math.max(3, Math.round(10 * scale));
    const cases = [
      { title: 'one process, 200/s', rate: 200, split: false, bars: { p50: 4, p95: 10 } },
      { title: 'the same, from its first event on', rate: 200, split: false, warmUp: 0 },
      { title: 'one process, 1,000/s', rate: 1_000, split: false, bars: { p95: 20 } },
      { title: 'API and dispatcher as two processes, 200/s', rate: 200, split: true, bars: { p95: 15 } },
    ];
    const rows = [];
    for (const { title, rate, split, warmUp = WARM_UP, bars } of cases) {
      const receiver = await startReceiver();
      const roles = split ? ['dispatcher', 'api'] : ['all'];
      const ringers = [];
      for (const role of roles)
        ringers.push(await startRinger({ DATABASE_URL: database, RINGER_ROLE: role }));
      const api = ringers.at(-1);
      const { base } = await makeWorld(api, receiver.url, { subscriptions: 5 });
      await receiver.ask('arrivals');
      const sent = await runScript('paced.mjs', [api.url, base, rate, seconds, warmUp]);
      const { arrivals } = await receiver.ask('count');
      for (const ringer of ringers) await ringer.stop();
      receiver.stop();
      const arrivedAt = new Map(arrivals);
      const times = sent.marks.flatMap(([mark, at]) =>
        arrivedAt.has(mark) ? [arrivedAt.get(mark) - at] : [],
      );
      times.sort((a, b) => a - b);
      const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
      const [p50, p95] = [at(0.5), at(0.95)];
      const row = {
        figure: `POST sent → first byte: ${title}`,
        value: `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)} ms (${times.length} of ${sent.marks.length})`,
      };
      if (!bars) {
        rows.push({ ...row, bar: 'shown' });
        continue;
      }
      const met = (bars.p50 === undefined || p50 <= bars.p50) && p95 <= bars.p95;
      const bar = [bars.p50 && `p50 ≤ ${bars.p50}`, `p95 ≤ ${bars.p95} ms`].filter(Boolean).join(', ');
      rows.push({ ...row, bar, met: met && times.length === sent.marks.length });
    }
    return rows;
  },
};
