import type { Socket } from 'node:net';
import { setTimeout as startTimer } from '../../lib/timers.js';
import type { Step } from '../faults/manner.js';
import { AnswerReader } from './answer-reader.js';
import type { Exchange } from './exchange.js';
import { ConnectFailure, say } from './failures.js';
import type { Together } from './together.js';

/**
 * One request written step by step on a connection of its own, for what no client would write. Deadline, caps and records
 * are those of every exchange. Never rejects.
 */
export async function exchangeRaw(
  connected: Promise<Socket>,
  exchange: Exchange,
  { steps, together }: { steps: readonly Step[]; together: Together | null },
): Promise<void> {
  let socket: Socket;
  try {
    socket = await connected;
  } catch (error) {
    together?.leave();
    exchange.onError(error as Error);
    return;
  }
  try {
    exchange.onConnect(() => socket.destroy());
  } catch {
    // Its time was over before there was a connection.
    together?.leave();
    socket.destroy();
    return;
  }
  const ended = listen(socket, exchange);
  await write(socket, together ? untilLastByte(steps, together) : steps);
  await ended;
  together?.leave();
  socket.destroy();
}

type Written = Step | { do: 'join'; with: Together };

/** Resolves when the connection is over, or the answer complete. */
function listen(socket: Socket, exchange: Exchange): Promise<void> {
  return new Promise((done) => {
    const reader = new AnswerReader({
      onResponseStarted: () => exchange.onResponseStarted(),
      onHeaders: (status, raw) => exchange.onHeaders(status, raw),
      onData: (chunk) => exchange.onData(chunk),
      onComplete() {
        exchange.onComplete();
        socket.destroy();
      },
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        exchange.onError(error as Error);
        socket.destroy();
      }
    });
    socket.on('error', (error) => exchange.onError(error));
    socket.on('end', () => {
      if (!reader.end()) exchange.onError(new ConnectFailure('reset', say('reset')));
    });
    socket.on('close', () => {
      exchange.onError(new ConnectFailure('reset', say('reset')));
      done();
    });
  });
}

async function write(socket: Socket, steps: readonly Written[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    switch (step.do) {
      case 'write':
        await flushed(socket, step.bytes);
        break;
      case 'wait':
        await new Promise((done) => startTimer(done, step.ms));
        break;
      case 'join':
        await step.with.arrive();
        break;
      case 'end':
        if (step.how === 'fin') socket.end();
        else tearDown(socket);
    }
  }
}

/** Until the kernel has them, so that what was written before a reset is not lost with it; or until there is no socket. */
function flushed(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((done) => {
    socket.once('close', done);
    socket.write(bytes, () => {
      socket.off('close', done);
      done();
    });
  });
}

/** Only TCP knows a reset. `resetAndDestroy` would end our side with a FIN first; this is the rest of it. */
function tearDown(socket: Socket): void {
  if (!('encrypted' in socket)) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** The same writes, but for the last byte of all: that goes when every one of them has got so far. */
function untilLastByte(steps: readonly Step[], together: Together): Written[] {
  const at = steps.findLastIndex((step) => step.do === 'write');
  const last = steps[at];
  if (last?.do !== 'write') return [...steps];
  const cut = last.bytes.length - 1;
  return [
    ...steps.slice(0, at),
    ...(cut > 0 ? [{ do: 'write' as const, bytes: last.bytes.subarray(0, cut) }] : []),
    { do: 'join', with: together },
    { do: 'write', bytes: last.bytes.subarray(cut) },
    ...steps.slice(at + 1),
  ];
}
