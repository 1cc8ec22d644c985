// The comparator: the same POST with the same HMAC and no database. `request` is undici at its documented best for users,
// `dispatch` its lowest level. node bare.mjs URL COUNT request|dispatch
import { createHmac } from 'node:crypto';
import { Pool } from 'undici';

const [url, count, kind] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const CONNECTIONS = 64;
const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
const body = Buffer.from(
  '{"event":{"id":"beda9ea3-5136-4b7b-93be-37bf3fcc010a","created":1715203664,"type":"difference.created"},"data":{"id":"eb73184b-ae3c-4411-aa82-3c3bd877cf78","note":"about as long as what the providers send"}}',
);

function headers() {
  const stamp = new Date().toISOString();
  const digest = createHmac('sha256', 'a secret of the bench').update(`${stamp}.`).update(body).digest('hex');
  return { 'content-type': 'application/json', 'x-timestamp': stamp, 'x-signature': digest };
}

async function viaRequest() {
  const answer = await pool.request({ path: '/', method: 'POST', headers: headers(), body });
  await answer.body.dump();
}

function viaDispatch() {
  return new Promise((done, fail) => {
    pool.dispatch(
      { path: '/', method: 'POST', headers: headers(), body },
      { onConnect() {}, onHeaders: () => true, onData: () => true, onComplete: () => done(), onError: fail },
    );
  });
}

const send = kind === 'dispatch' ? viaDispatch : viaRequest;
const warm = Math.min(2_000, count);
let left = warm;
const lane = async () => {
  while (left > 0) {
    left -= 1;
    await send();
  }
};
const round = () => Promise.all(Array.from({ length: CONNECTIONS }, lane));
await round();
left = count;
const startedAt = performance.now();
const cpu = process.cpuUsage();
await round();
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
process.send({ perSecond: count / seconds, cpuUs: (user + system) / count });
await pool.close();
process.disconnect();
