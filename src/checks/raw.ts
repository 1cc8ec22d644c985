import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Manner, script } from '../engine/faults/manner.js';
import type { HeaderList } from '../providers/contract.js';

export interface RawAnswer {
  status: number;
  headers: [string, string][];
  body: Uint8Array;
}

export interface RawRequest {
  url: string;
  headers: HeaderList;
  body: Uint8Array;
  manner: Manner;
  timeoutMs: number;
}

// Taken at import, so that a consumer's fake timers never stop ours.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** One request whose bytes are put on the socket as `manner` says. Never rejects. */
export function postRaw(request: RawRequest): Promise<RawAnswer | { failure: string }> {
  const url = new URL(request.url);
  const { manner, body, timeoutMs } = request;
  const headers = [['host', url.host], ['connection', 'close'], ...request.headers] as [string, string][];
  const steps = script({ line: `POST ${url.pathname}${url.search} HTTP/1.1`, headers, body }, manner);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ended = false;
    const settle = (failure: string) => {
      if (ended) return;
      ended = true;
      stopTimer(timer);
      socket.destroy();
      resolve(parseAnswer(Buffer.concat(chunks)) ?? { failure });
    };
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const socket: Socket =
      url.protocol === 'https:' ? connectTls({ host, port, servername: host }) : connect({ host, port });
    const timer = startTimer(() => settle('timeout'), timeoutMs);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    );
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => settle('reset'));
    socket.on('close', () => settle('reset'));
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      void write();
    });
    async function write(): Promise<void> {
      for (const step of steps) {
        if (ended) return;
        if (step.do === 'write') socket.write(step.bytes);
        else if (step.do === 'wait') await new Promise((done) => startTimer(done, step.ms));
        else if (step.how === 'fin') socket.end();
        else {
          // A reset overtakes what is still on its way.
          await new Promise((done) => startTimer(done, 50));
          socket.resetAndDestroy();
          return settle('cut');
        }
      }
    }
  });
}

function parseAnswer(bytes: Buffer): RawAnswer | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]);
  if (!status) return null;
  const headers = lines.map((text): [string, string] => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  return { status, headers, body: bytes.subarray(end + 4, end + 4 + 20_000) };
}
