import { clearInterval, setInterval } from '../lib/timers.js';
import type { Services } from '../services/services.js';
import type { StreamMessage } from '../services/stream.js';
import type { Call, Reply } from './route.js';

/** A comment this often keeps proxies from closing the line, real milliseconds. */
export const HEARTBEAT_MS = 15_000;
/** A reader that has this many bytes unread is dropped; it comes back with its Last-Event-ID. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Server-sent events of one tenant, until either side ends it or the key that opened it is revoked. */
export function followStream(
  { stream, keys }: Pick<Services, 'stream' | 'keys'>,
  { caller, tenantId, request, response }: Call,
  { closing, heartbeatMs = HEARTBEAT_MS }: { closing?: AbortSignal; heartbeatMs?: number },
): Reply {
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Accel-Buffering', 'no');
  if (request.method === 'HEAD') {
    response.end();
    return 'sent';
  }
  const write = (text: string): void => {
    if (response.writableEnded) return;
    response.write(text);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  response.flushHeaders();
  write('retry: 1000\n\n');
  const stop = stream.follow(tenantId, request.get('last-event-id') ?? null, (message) =>
    write(frame(message)),
  );
  const end = () => response.end();
  const keyId = caller.kind === 'tenant' ? caller.keyId : null;
  const lookAtKey = async () => {
    if (keyId !== null && !(await keys.holds(keyId))) end();
  };
  const forget = keyId === null ? () => {} : keys.whenRevoked(keyId, end);
  const heartbeat = setInterval(() => {
    write(': still here\n\n');
    // A database that is away says nothing about the key.
    lookAtKey().catch(() => {});
  }, heartbeatMs);
  closing?.addEventListener('abort', end, { once: true });
  response.once('close', () => {
    clearInterval(heartbeat);
    closing?.removeEventListener('abort', end);
    forget();
    stop();
  });
  if (closing?.aborted) end();
  return 'sent';
}

function frame({ id, type, data }: StreamMessage): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
