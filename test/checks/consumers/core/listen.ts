import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const HOOK_PATH = '/webhooks';
export const EFFECTS_PATH = '/effects';
/** Bodies up to 1 MB are the provider's right; this leaves room around them. */
export const BODY_LIMIT = 2 * 1024 * 1024;

/** Longer than a sender keeps an idle connection, so that none is closed under a request. */
export const KEEP_ALIVE_MS = 65_000;

export interface Listening {
  /** Without a path. */
  origin: string;
  close(): Promise<void>;
}

/** On 127.0.0.1 at a free port; `close` cuts what is open and resolves when all is gone. */
export async function listen(server: Server): Promise<Listening> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
