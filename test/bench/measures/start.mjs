import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRinger } from '../processes.mjs';

/** From the process to its ready line, embedded: an empty folder, and one that is there. Medians. */
export const start = {
  name: 'start',
  async run() {
    const cold = [];
    const warm = [];
    for (let i = 0; i < 3; i++) {
      const folder = mkdtempSync(join(tmpdir(), 'ringer-bench-'));
      for (const times of [cold, warm, warm]) {
        const ringer = await startRinger({ RINGER_DATA_DIR: folder });
        times.push(ringer.readyMs);
        await ringer.stop();
      }
      rmSync(folder, { recursive: true, force: true });
    }
    const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    const row = (figure, times, barMs) => ({
      figure,
      value: `${(median(times) / 1000).toFixed(2)} s`,
      bar: `≤ ${barMs / 1000} s`,
      met: median(times) <= barMs,
    });
    return [row('process to ready line, cold', cold, 3_000), row('process to ready line, warm', warm, 1_000)];
  },
};
