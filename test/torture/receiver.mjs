// node receiver.mjs LEDGER SECRET: answers deliveries, and writes down each one as it arrives, before it answers.
// `/s/3?…` is the endpoint of subscription 3. Talks to its parent by messages.
import { createHash, createHmac } from 'node:crypto';
import { appendFileSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import { machineNow } from '../bench/machine-clock.mjs';

const [ledger, secret] = process.argv.slice(2);
const file = openSync(ledger, 'a');
let count = 0;
let lines = '';
let how = { delayMs: 0, mode: 'ok', seed: 1 };

const flush = () => {
  if (lines !== '') appendFileSync(file, lines);
  lines = '';
};
setInterval(flush, 50);

/** A number in [0, 1) for each request, the same in each run of a seed. */
function chance(text) {
  return createHash('sha256').update(`${how.seed} ${text}`).digest().readUInt32BE() / 2 ** 32;
}

const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('error', () => {});
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const subscription = /^\/s\/(\d+)/.exec(request.url)?.[1] ?? '?';
    const mark = /"id":"([^"]+)"/.exec(body.latin1Slice())?.[1] ?? '?';
    const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const signed = request.headers['x-healthsync-signature'] === expected;
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const now = machineNow();
    count += 1;
    lines += `${subscription} ${mark}\t${hash}\t${signed ? 1 : 0}\t${now.toFixed(1)}\n`;
    const fate = how.mode === 'mixed' ? chance(`${subscription} ${mark} ${count}`) : 1;
    if (how.mode === 'hang' || fate < 0.002) return;
    if (fate < 0.01) {
      request.socket.destroy();
      return;
    }
    const status = how.mode === '503' || fate < 0.05 ? 503 : 200;
    const answer = () => response.writeHead(status, { 'content-type': 'text/plain' }).end('ok');
    if (how.delayMs > 0) setTimeout(answer, how.delayMs);
    else answer();
  });
});

process.on('message', ({ ask, ...given }) => {
  if (ask === 'behave') how = { ...how, ...given };
  if (ask === 'flush') flush();
  process.send({ ask, count });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
