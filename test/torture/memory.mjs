// What a process really holds: its memory after a full collection, asked for through Node's inspector.
import { WebSocket } from 'undici';

/** For the environment of a process whose memory is to be looked at. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/**
 * @param ringer started with `INSPECTED`.
 * @returns how to look: bytes resident and in the heap, after everything that nobody holds has been given back.
 */
export async function openMemory(ringer) {
  const url = /Debugger listening on (ws:\S+)/.exec(ringer.stderr())?.[1];
  if (!url) throw new Error('the process was not started with INSPECTED');
  const socket = new WebSocket(url);
  await new Promise((done, fail) => {
    socket.onopen = done;
    socket.onerror = () => fail(new Error('the inspector does not answer'));
  });
  const waiting = new Map();
  let asked = 0;
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  const ask = (method, params = {}) =>
    new Promise((done) => {
      asked += 1;
      waiting.set(asked, done);
      socket.send(JSON.stringify({ id: asked, method, params }));
    });
  return {
    async look() {
      await ask('HeapProfiler.collectGarbage');
      const { result } = await ask('Runtime.evaluate', {
        expression: 'process.memoryUsage()',
        returnByValue: true,
      });
      return result.value;
    },
    close: () => socket.close(),
  };
}
