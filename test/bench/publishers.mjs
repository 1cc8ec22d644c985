// Clients that publish over kept connections. node publishers.mjs URL BASE single|batch EVENTS
import { Pool } from 'undici';
import { ADMIN_TOKEN } from './processes.mjs';

const [url, base, kind, text] = process.argv.slice(2);
const events = Number(text);
const clients = kind === 'batch' ? 4 : 50;
const perRequest = kind === 'batch' ? 1_000 : 1;
const pool = new Pool(url, { connections: clients, pipelining: 1 });
const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
const event = { provider: 'healthsync', type: 'document.uploaded' };
const body = JSON.stringify(kind === 'batch' ? { events: Array(perRequest).fill(event) } : event);
const path = `/api/v1${base}/events${kind === 'batch' ? '/batch' : ''}`;

const times = [];
async function one() {
  const startedAt = performance.now();
  const answer = await pool.request({ path, method: 'POST', headers, body });
  const said = await answer.body.text();
  if (answer.statusCode !== 202) throw new Error(`${answer.statusCode} ${said}`);
  times.push(performance.now() - startedAt);
}

async function send(requests) {
  let left = requests;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

await send(kind === 'batch' ? 4 : 500);
times.length = 0;
const requests = Math.ceil(events / perRequest);
const startedAt = performance.now();
await send(requests);
const seconds = (performance.now() - startedAt) / 1000;
times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
process.send({ perSecond: (requests * perRequest) / seconds, p50: at(0.5), p99: at(0.99) });
await pool.close();
process.disconnect();
