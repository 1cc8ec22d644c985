import { runScript, startReceiver, startRinger } from '../processes.mjs';
import { makeWorld } from '../world.mjs';
import { round } from './backlog.mjs';

/** What `POST /events` takes: alone over 50 kept connections, and in batches of 1,000. */
export const publish = {
  name: 'publish',
  async run({ database, scale }) {
    const receiver = await startReceiver();
    try {
      const ringer = await startRinger({ DATABASE_URL: database });
      const { base } = await makeWorld(ringer, receiver.url, { subscriptions: 5 });
      const single = await runScript('publishers.mjs', [
        ringer.url,
        base,
        'single',
        Math.round(15_000 * scale),
      ]);
      const batch = await runScript('publishers.mjs', [
        ringer.url,
        base,
        'batch',
        Math.round(60_000 * scale),
      ]);
      await ringer.stop();
      return [
        {
          figure: 'POST /events, 50 keep-alive clients, each stored and sent to one subscription',
          value: `${round(single.perSecond)}/s`,
          bar: 'at least 3,000/s',
          met: single.perSecond >= 3_000,
        },
        { figure: '… p50, p99', value: `${single.p50.toFixed(1)}, ${single.p99.toFixed(1)} ms` },
        {
          figure: 'POST /events/batch of 1,000, 4 clients',
          value: `${round(batch.perSecond)} events/s`,
          bar: 'at least 20,000/s',
          met: batch.perSecond >= 20_000,
        },
      ];
    } finally {
      receiver.stop();
    }
  },
};
