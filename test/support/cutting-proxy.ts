import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a program and its PostgreSQL, and can break the line where it hurts most. */
export interface CuttingProxy extends AsyncDisposable {
  /** Of the same database, through the proxy. */
  url: string;
  /** The next COMMIT reaches the server and is done, and its answer never comes back. @returns once that has happened. */
  loseNextCommit(): Promise<void>;
  /** From now on nothing comes through, and nothing is said about it. */
  freeze(): void;
  /** New connections come through again; those of before stay silent. */
  thaw(): void;
}

export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let cut: (() => void) | null = null;
  let frozen = false;
  const froze: (() => void)[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    let silent = frozen;
    froze.push(() => {
      silent = true;
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (!silent) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (silent) return;
      if (cut === null || !bytes.includes('COMMIT\0')) {
        client.write(bytes);
        return;
      }
      client.destroy();
      cut();
      cut = null;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    loseNextCommit: () =>
      new Promise((done) => {
        cut = done;
      }),
    freeze() {
      frozen = true;
      for (const silence of froze.splice(0)) silence();
    },
    thaw() {
      frozen = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
