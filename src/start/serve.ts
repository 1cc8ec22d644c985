import type { App } from '../app.js';
import { wallClock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Port } from './listen.js';
import { processMetrics } from './metrics.js';

/** What is under way when the process is told to stop gets this long to be answered, real milliseconds. */
const ANSWER_GRACE_MS = 5_000;

/** Opens the app's HTTP face on a port. @returns how to close both, what is in flight settled. */
export async function serve(app: App, port: Port, log: Log): Promise<() => Promise<void>> {
  const { createHttpApp } = await import('../http/server.js');
  const closing = new AbortController();
  app.listeners.ports.add(port.number);
  await app.listeners.announce().catch((error: Error) => {
    log.error('where this process listens could not be told; trying again', { error: error.message });
  });
  port.serve(
    createHttpApp(app.services, {
      adminToken: app.adminToken,
      version: app.version,
      log,
      wall: wallClock,
      loopback: isLoopback(port.host),
      metrics: processMetrics(app),
      closing: closing.signal,
      page: {
        folder: new URL('../dashboard/', import.meta.url),
        unasked: isLoopback(port.host) && app.config.egress.mode === 'local',
      },
      api: app.config.role !== 'dispatcher',
    }),
  );
  return async () => {
    closing.abort();
    await port.close(ANSWER_GRACE_MS);
    await app.stop();
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
