import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { startReceiver, startRinger } from '../processes.mjs';
import { makeWorld, until } from '../world.mjs';

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const RATE = 300;
const BATCH = 30;

/** How busy a browser's main thread is while the live log streams. */
export const page = {
  name: 'page',
  async run({ database, scale }) {
    const attempts = Math.round(5_000 * scale);
    const receiver = await startReceiver();
    const ringer = await startRinger({ DATABASE_URL: database });
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: FLAGS.split(' '),
    });
    try {
      const { base, slug } = await makeWorld(ringer, receiver.url, { subscriptions: 5 });
      const tab = await (await browser.newContext()).newPage();
      await tab.goto(`${ringer.url}/live?tenant=${slug}`);
      await tab.locator('.stream.live').waitFor();
      const cdp = await tab.context().newCDPSession(tab);
      // The thread's own time: what other processes take of the cores is not its work.
      await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
      const busySeconds = async () => {
        const { metrics } = await cdp.send('Performance.getMetrics');
        return metrics.find(({ name }) => name === 'TaskDuration').value;
      };
      const before = await busySeconds();
      const startedAt = performance.now();
      for (let sent = 0; sent < attempts; sent += BATCH) {
        const events = Array.from({ length: BATCH }, () => ({
          provider: 'noyo',
          type: 'difference.created',
        }));
        await ringer.call('POST', `${base}/events/batch`, { events });
        const dueMs = (sent + BATCH) * (1_000 / RATE);
        await pause(Math.max(0, startedAt + dueMs - performance.now()));
      }
      const last = await ringer.call('GET', `${base}/attempts?limit=1`);
      await until('the newest row', () =>
        tab.evaluate(
          `document.querySelectorAll('.live-log tbody tr').length === ${Math.min(500, attempts)} && ${JSON.stringify(last.data.length)} === 1`,
        ),
      );
      const seconds = (performance.now() - startedAt) / 1_000;
      const share = (await busySeconds()) - before;
      const rows = await tab.evaluate("document.querySelectorAll('.live-log tbody tr').length");
      const busy = (100 * share) / seconds;
      return [
        {
          figure: `page: main thread while ${attempts} attempts stream at ${Math.round(attempts / seconds)}/s`,
          value: `${busy.toFixed(1)} % busy, ${rows} rows kept`,
          bar: '< 50 %',
          met: busy < 50,
        },
      ];
    } finally {
      await browser.close();
      await ringer.stop();
      receiver.stop();
    }
  },
};
