import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';

/** One connection as it was seen: its bytes, in the pieces in which they came, and how it ended. */
export interface RawConnection {
  pieces: Buffer[];
  /** `open` until it ends: the far end was done, tore it down, or we answered and closed. */
  end: 'open' | 'fin' | 'reset';
  /** When the last byte came, monotonic milliseconds. */
  lastByteAt: number;
  readonly text: string;
  readonly head: string;
  readonly headers: [string, string][];
  readonly body: Buffer;
}

export interface RawReceiver {
  url: string;
  connections: RawConnection[];
  /** All of them, once there are so many and each has been answered or has ended. */
  got(count: number): Promise<RawConnection[]>;
}

/** A receiver without any HTTP of its own: what is on the wire is what it has. Answers 200 to what is complete. */
export async function rawReceiver(answer: (index: number) => number = () => 200): Promise<RawReceiver> {
  const connections: (RawConnection & { over: boolean })[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const pieces: Buffer[] = [];
    const connection = {
      pieces,
      end: 'open' as RawConnection['end'],
      over: false,
      lastByteAt: 0,
      get text() {
        return Buffer.concat(pieces).toString('latin1');
      },
      get head() {
        return this.text.split('\r\n\r\n')[0] ?? '';
      },
      get headers() {
        return this.head
          .split('\r\n')
          .slice(1)
          .map((line): [string, string] => [
            line.slice(0, line.indexOf(':')),
            line.slice(line.indexOf(':') + 2),
          ]);
      },
      get body() {
        const all = Buffer.concat(pieces);
        const at = all.indexOf('\r\n\r\n');
        return at < 0 ? Buffer.alloc(0) : all.subarray(at + 4);
      },
    };
    const index = connections.push(connection) - 1;
    let answered = false;
    const closed = (end: RawConnection['end']) => {
      if (connection.end === 'open') connection.end = end;
      connection.over = true;
      sockets.delete(socket);
    };
    socket.on('data', (chunk) => {
      pieces.push(chunk);
      connection.lastByteAt = performance.now();
      if (answered || !isComplete(connection)) return;
      answered = true;
      socket.end(`HTTP/1.1 ${answer(index)} Fine\r\ncontent-length: 2\r\n\r\nok`);
      connection.over = true;
    });
    let ended = false;
    // Bytes and a reset that are found together look like an end to Node: only a FIN can still be answered.
    socket.on('end', () => {
      ended = true;
      if (!answered) socket.end('HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n');
    });
    socket.on('error', () => closed('reset'));
    socket.on('close', () => closed(ended ? 'fin' : 'reset'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    connections,
    got: (count) =>
      eventually(() => {
        const over = connections.filter((connection) => connection.over);
        if (over.length < count) throw new Error(`${over.length} connections are over, not ${count}`);
        return connections;
      }, 60_000),
  };
}

function isComplete({ text, headers, body }: RawConnection): boolean {
  if (!text.includes('\r\n\r\n')) return false;
  const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  if (named['transfer-encoding'] === 'chunked') return body.toString('latin1').endsWith('0\r\n\r\n');
  return body.length >= Number(named['content-length'] ?? 0);
}
