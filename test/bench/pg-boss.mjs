// The comparator: the same POST and HMAC as jobs of pg-boss, fetched and completed in batches of 200.
// node pg-boss.mjs DATABASE URL COUNT
import PgBoss from 'pg-boss';
import { poster } from './poster.mjs';

const [database, url, text] = process.argv.slice(2);
const count = Number(text);
const WORKERS = 4;
const BATCH = 200;
const { post, close } = poster(url);
const boss = new PgBoss({ connectionString: database, supervise: false, schedule: false });
boss.on('error', (error) => {
  throw error;
});
await boss.start();
await boss.createQueue('post');
for (let made = 0; made < count; made += 1_000) {
  const size = Math.min(1_000, count - made);
  await boss.insert(Array.from({ length: size }, () => ({ name: 'post', data: {} })));
}

const startedAt = performance.now();
const fetchAndComplete = async () => {
  for (;;) {
    const jobs = await boss.fetch('post', { batchSize: BATCH });
    if (jobs.length === 0) return;
    await Promise.all(jobs.map(() => post()));
    await boss.complete(
      'post',
      jobs.map(({ id }) => id),
    );
  }
};
await Promise.all(Array.from({ length: WORKERS }, fetchAndComplete));
const seconds = (performance.now() - startedAt) / 1000;
process.send({ perSecond: count / seconds });
await boss.stop({ graceful: false });
await close();
process.disconnect();
