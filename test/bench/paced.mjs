// Publishes at a steady rate, whatever the answers take. node paced.mjs URL BASE RATE SECONDS WARM_UP
import { Pool } from 'undici';
import { machineNow } from './machine-clock.mjs';
import { ADMIN_TOKEN } from './processes.mjs';
import { TYPES } from './world.mjs';

const [url, base, rateText, secondsText, warmUpText] = process.argv.slice(2);
const [rate, total] = [Number(rateText), Number(rateText) * Number(secondsText)];
const pool = new Pool(url, { connections: 100, pipelining: 1 });
const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
const marks = [];
const pending = new Set();

/** Each provider's in turn. */
let turn = 0;

async function publish(mark) {
  const { provider, type } = TYPES[turn++ % TYPES.length];
  const body = JSON.stringify({
    provider,
    type,
    payload: { id: `mark-${mark}`, event: { type, created: 1 }, data: { id: mark } },
  });
  const at = machineNow();
  marks.push([mark, at]);
  const answer = await pool.request({ path: `/api/v1${base}/events`, method: 'POST', headers, body });
  const said = await answer.body.text();
  if (answer.statusCode !== 202) throw new Error(`${answer.statusCode} ${said}`);
}

const AT_ONCE = 10;

async function warmUp() {
  let left = Number(warmUpText);
  const client = async () => {
    while (left > 0) await publish(`warm-${left--}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  marks.length = 0;
}

await warmUp();
const startedAt = performance.now();
for (let sent = 0; sent < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * rate) + 1);
  for (; sent < due; sent++) {
    const one = publish(`m${rate}-${sent}`);
    pending.add(one);
    void one.finally(() => pending.delete(one));
  }
  await new Promise((done) => setTimeout(done, 2));
}
await Promise.all(pending);
await new Promise((done) => setTimeout(done, 500));
process.send({ marks });
await pool.close();
process.disconnect();
