// The comparator: the same POST and HMAC as jobs of graphile-worker, tuned as its own documentation says for throughput.
// node graphile-worker.mjs DATABASE URL COUNT
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { poster } from './poster.mjs';

const [database, url, text] = process.argv.slice(2);
const count = Number(text);
const { post, close } = poster(url);
const quiet = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString: database, logger: quiet });
await utils.migrate();
for (let made = 0; made < count; made += 1_000) {
  const size = Math.min(1_000, count - made);
  await utils.addJobs(Array.from({ length: size }, () => ({ identifier: 'post', payload: {} })));
}
await utils.release();

let done = 0;
let startedAt = 0;
let allDone;
const finished = new Promise((resolve) => {
  allDone = resolve;
});
const runner = await run({
  connectionString: database,
  logger: quiet,
  noHandleSignals: true,
  concurrency: 64,
  preset: {
    worker: {
      concurrentJobs: 64,
      maxPoolSize: 12,
      pollInterval: 100,
      localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  taskList: {
    async post() {
      startedAt ||= performance.now();
      await post();
      done += 1;
      if (done === count) allDone();
    },
  },
});
await finished;
const seconds = (performance.now() - startedAt) / 1000;
await runner.stop();
process.send({ perSecond: count / seconds });
await close();
process.disconnect();
