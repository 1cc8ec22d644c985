import { refuseUnreadable } from '../../engine/faults/facts.js';
import { bigBody } from '../../engine/faults/legal/big-body.js';
import { chunked } from '../../engine/faults/legal/chunked.js';
import { slowBody } from '../../engine/faults/legal/slow-body.js';
import { type Bench, twist } from '../bench.js';
import type { Check, Finding, Shot } from '../contract.js';
import { allAccepted, applies, failed, noAnswer, passed, told } from '../finding.js';
import { accepted, outcomeOf } from '../shot.js';
import { sources } from '../sources.js';

/** How long the slow body takes, and the time between two of its pieces, milliseconds: about 1 kB a second. */
const SLOW_MS = 1_000;
const PIECE_EVERY_MS = 50;

const slow: Check = {
  id: 'NET-01',
  title: 'A slow or chunked body is read, and holds nobody else up',
  level: 0,
  severity: 'must',
  source: sources.ownRule,
  sends: 'A body in small pieces over a second, a valid event meanwhile, and a body with chunked encoding.',
  expects: '2xx, or a clean timeout (408) of the slow one; the others at once.',
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
  async ask(bench) {
    const first = await askSlowly(bench);
    // A busy machine can hold one request up by chance, not two.
    return first.verdict === 'fail' ? askSlowly(bench) : first;
  },
};

async function askSlowly(bench: Bench): Promise<Finding> {
  const event = bench.sample();
  const chunk = Math.max(1, Math.ceil(event.body.length / (SLOW_MS / PIECE_EVERY_MS)));
  const sent = bench.send(event, {
    label: 'a body in small pieces',
    once: true,
    twists: [twist(slowBody, { chunk, interval: `${PIECE_EVERY_MS}ms` })],
  });
  await bench.pause(SLOW_MS / 4);
  const meanwhile = await bench.send(bench.sample(), { label: 'a valid event meanwhile', once: true });
  const slowOne = await sent;
  const inChunks = await bench.send(bench.sample(), {
    label: 'chunked encoding',
    twists: [twist(chunked, { chunk: 64 })],
  });
  return judgeSlow({ slowOne, meanwhile, inChunks });
}

function judgeSlow({
  slowOne,
  meanwhile,
  inChunks,
}: Record<'slowOne' | 'meanwhile' | 'inChunks', Shot>): Finding {
  if (!accepted(inChunks))
    return failed(
      `A chunked body was answered ${outcomeOf(inChunks)}.`,
      'The body is read by Content-Length, which a chunked request has not. Read to the end of the stream.',
      [inChunks],
    );
  const ended = meanwhile.atMs + meanwhile.durationMs;
  const overlapped = meanwhile.atMs < slowOne.atMs + slowOne.durationMs;
  if (
    !accepted(meanwhile) ||
    (overlapped && ended > slowOne.atMs + slowOne.durationMs - 50 && meanwhile.durationMs > SLOW_MS / 2)
  )
    return failed(
      `While a body came slowly, a valid event was answered ${outcomeOf(meanwhile)} after ${meanwhile.durationMs} ms.`,
      'One request is read at a time, so a single slow sender stops all. Read bodies side by side, before any lock is taken.',
      [slowOne, meanwhile],
    );
  if (accepted(slowOne) || slowOne.response?.status === 408)
    return passed(told([slowOne, meanwhile, inChunks]));
  return failed(
    `A slow body was answered ${outcomeOf(slowOne)}.`,
    'The body is not read to its end: only the first piece is, or the connection is dropped. Wait for the end of the stream, and answer 408 to what takes too long.',
    [slowOne],
  );
}

/** Total bytes; the last is beyond what providers send, so its refusal as too large is fine. */
const SIZES: readonly (readonly [label: string, bytes: number])[] = [
  ['20 kB', 20_000],
  ['256 kB', 256_000],
];
const BEYOND = ['1 MB', 1_000_000] as const;

const size: Check = {
  id: 'NET-02',
  title: 'Large bodies are taken',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'Events of 20 kB, 256 kB and 1 MB.',
  expects: '2xx to the first two; 2xx or 413 to the last.',
  manner: 'legal',
  turn: 'together',
  notFor: (target) =>
    refuseUnreadable(target) === null
      ? null
      : 'The bodies are encrypted here, so they cannot be made larger.',
  async ask(bench) {
    const shots: Shot[] = [];
    for (const [label, count] of SIZES)
      shots.push(
        await bench.send(bench.sample(), {
          label: `${label} of body`,
          twists: [twist(bigBody, { bytes: count })],
        }),
      );
    const finding = allAccepted(
      shots,
      'The body parser stops at a limit below what the provider may send (express.json() at 100 kB). Raise it to 1 MB for this route.',
    );
    if (finding.verdict === 'fail') return finding;
    const [label, count] = BEYOND;
    const last = await bench.send(bench.sample(), {
      label: `${label} of body`,
      twists: [twist(bigBody, { bytes: count })],
    });
    if (last.response === null && last.failure === 'timeout') return noAnswer(last, bench);
    if (accepted(last) || last.response?.status === 413 || last.failure === 'reset')
      return passed(told([...shots, last]));
    return failed(
      `1 MB was answered ${outcomeOf(last)}.`,
      'A body that is too large ends in an error. Answer 413.',
      [last],
    );
  },
};

export const network: readonly Check[] = [slow, size];
