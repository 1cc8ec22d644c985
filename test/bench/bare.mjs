// The comparator: the same POST with the same HMAC and no database. `request` is undici at its documented best for users,
// `dispatch` its lowest level. node bare.mjs URL COUNT request|dispatch
import { SAMPLE_BODY as body, CONNECTIONS, headers, poster } from './poster.mjs';

const [url, count, kind] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const { pool, post: viaRequest } = poster(url);

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
