import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A TCP server that does exactly what the test says, byte for byte, and remembers what it saw. */
export interface TcpServer extends AsyncDisposable {
  port: number;
  /** Connections accepted so far. */
  connects: number;
  /** Everything received, over all connections. */
  received: string;
  /** Resolves once `count` connections have ended. */
  ended(count: number): Promise<void>;
}

export interface TcpServerOptions {
  /** Default `127.0.0.1`. */
  host?: string;
  onConnect?: (socket: Socket) => void;
  /** Called with the head of every request whose body is complete; a pipelined second one is never seen apart. */
  onRequest?: (socket: Socket, head: string) => void;
}

export async function tcpServer({
  host = '127.0.0.1',
  onConnect,
  onRequest,
}: TcpServerOptions = {}): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let endedCount = 0;
  const server = createServer((socket) => {
    seen.connects += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      endedCount += 1;
      for (const waiter of waiting) if (endedCount >= waiter.count) waiter.resolve();
    });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      seen.received += chunk.toString('latin1');
      const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
      if (text.length < head.length + length || Number.isNaN(length)) return;
      text = '';
      onRequest?.(socket, head);
    });
    onConnect?.(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const seen: TcpServer = {
    port: (server.address() as AddressInfo).port,
    connects: 0,
    received: '',
    ended: (count) =>
      new Promise((resolve) => (endedCount >= count ? resolve() : waiting.push({ count, resolve }))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return seen;
}

/** `HTTP/1.1 200 OK` with a Content-Length. */
export function answer(body: string, head = 'HTTP/1.1 200 OK'): string {
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
