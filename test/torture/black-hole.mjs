// A line to PostgreSQL that goes silent without being closed.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export async function blackHole(databaseUrl) {
  const target = new URL(databaseUrl);
  const pairs = new Set();
  let silent = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { client, upstream, silent };
    pairs.add(pair);
    client.on('data', (bytes) => pair.silent || upstream.write(bytes));
    upstream.on('data', (bytes) => pair.silent || client.write(bytes));
    client.on('error', () => {});
    upstream.on('error', () => {});
    client.on('close', () => {
      pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on('close', () => pair.silent || client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String(server.address().port);
  return {
    url: url.href,
    /** From now on nothing comes through, and nobody is told. */
    swallow() {
      silent = true;
      for (const pair of pairs) pair.silent = true;
    },
    /** New connections come through; the server hears that the old ones are gone, their clients never do. */
    heal() {
      silent = false;
      for (const pair of pairs) pair.upstream.destroy();
    },
    close() {
      for (const { client } of pairs) client.destroy();
      server.close();
    },
  };
}
