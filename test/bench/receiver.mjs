// A receiver in a process of its own, as cheap as one can be: it reads whole HTTP/1.1 requests off raw sockets, answers
// 200 and counts. What is measured is the sender. Talks to its parent by messages.
import { createServer } from 'node:net';
import { machineNow } from './machine-clock.mjs';

const FINE = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok');
const DOWN = Buffer.from('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
/** One request in so many is kept whole, for the parent to verify. */
const SAMPLE_EVERY = 200;

let count = 0;
let firstAt = 0;
let lastAt = 0;
let samples = [];
/** Arrival of each request by its marker header, when the parent asks for latencies. */
let arrivals = null;
let answer = FINE;

const server = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const headEnd = rest.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const head = rest.latin1Slice(0, headEnd);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const end = headEnd + 4 + length;
      if (rest.length < end) return;
      arrived(head, rest.subarray(headEnd + 4, end));
      rest = rest.subarray(end);
      socket.write(answer);
    }
  });
});

function arrived(head, body) {
  const now = machineNow();
  if (count === 0) firstAt = now;
  lastAt = now;
  count += 1;
  if (count % SAMPLE_EVERY === 0 && samples.length < 100)
    samples.push({ head, body: body.toString('base64') });
  if (arrivals) {
    const mark = /"mark-([\w-]+)"/.exec(body.latin1Slice())?.[1];
    if (mark !== undefined) arrivals.push([mark, now]);
  }
}

process.on('message', ({ ask }) => {
  if (ask === 'reset') {
    count = 0;
    samples = [];
    arrivals = null;
  }
  if (ask === 'arrivals') arrivals = [];
  if (ask === 'down') answer = DOWN;
  if (ask === 'up') answer = FINE;
  process.send({ ask, count, firstAt, lastAt, samples: ask === 'samples' ? samples : [], arrivals });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
