import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReceiver, startRinger } from '../processes.mjs';
import { fill, makeWorld, until } from '../world.mjs';
import { bareRates, ratio, round } from './backlog.mjs';

/** The same work on the embedded database: its subscriptions are paused while the backlog is made, then resumed. */
export const embedded = {
  name: 'embedded',
  async run({ scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'ringer-bench-'));
    const receiver = await startReceiver();
    try {
      const ringer = await startRinger({ RINGER_DATA_DIR: folder });
      const world = await makeWorld(ringer, receiver.url);
      const { data } = await ringer.call('GET', `${world.base}/subscriptions?limit=200`);
      for (const { id } of data) await ringer.call('POST', `${world.base}/subscriptions/${id}/pause`);
      const total = await fill(ringer, world, Math.round(30_000 * scale));
      const bare = await bareRates(receiver, Math.round(60_000 * scale));
      await receiver.ask('reset');
      for (const { id } of data) await ringer.call('POST', `${world.base}/subscriptions/${id}/resume`);
      const seen = await until(`${total} deliveries`, async () => {
        const now = await receiver.ask('count');
        return now.count >= total ? now : null;
      });
      await ringer.stop();
      const perSecond = total / ((seen.lastAt - seen.firstAt) / 1000);
      return [
        { figure: 'deliveries/s, one process, embedded database', value: round(perSecond) },
        {
          figure: 'ratio to the bare loop of Pool.request + HMAC',
          value: ratio(perSecond / bare.request),
          bar: 'at least 0.2',
          met: perSecond / bare.request >= 0.2,
        },
      ];
    } finally {
      receiver.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
