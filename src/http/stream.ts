import type { WallClock } from '../lib/clock.js';
import { clearInterval, setInterval } from '../lib/timers.js';
import type { Services } from '../services/services.js';
import type { StreamMessage } from '../services/stream.js';
import type { Call, Reply } from './route.js';

/** A comment this often keeps proxies from closing the line, real milliseconds. */
export const HEARTBEAT_MS = 15_000;
/** A reader that has this many bytes unread is dropped; it comes back with its Last-Event-ID. */
const MAX_UNREAD_BYTES = 1024 * 1024;

export interface StreamOptions {
  /** Ends every stream: the process is going. */
  closing?: AbortSignal;
  heartbeatMs?: number;
  wall: Pick<WallClock, 'now'>;
}

/** Server-sent events of one tenant, until either side ends it or what opened it does: its key, or the page's session. */
export function followStream(
  { stream, keys, sessions }: Pick<Services, 'stream' | 'keys' | 'sessions'>,
  { caller, tenantId, request, response }: Call,
  { closing, heartbeatMs = HEARTBEAT_MS, wall }: StreamOptions,
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
  const { session } = caller;
  const keyId = caller.kind === 'tenant' ? caller.keyId : null;
  const lookAtKey = async () => {
    if (keyId !== null && !(await keys.holds(keyId))) end();
  };
  const forgets = [
    ...(keyId === null ? [] : [keys.whenRevoked(keyId, end)]),
    ...(session ? [sessions.whenEnded(session.token, end)] : []),
  ];
  const heartbeat = setInterval(() => {
    if (session && Date.parse(session.expiresAt) <= wall.now()) return end();
    write(': still here\n\n');
    // A database that is away says nothing about the key.
    lookAtKey().catch(() => {});
  }, heartbeatMs);
  closing?.addEventListener('abort', end, { once: true });
  response.once('close', () => {
    clearInterval(heartbeat);
    closing?.removeEventListener('abort', end);
    for (const forget of forgets) forget();
    stop();
  });
  if (closing?.aborted) end();
  return 'sent';
}

function frame({ id, type, data }: StreamMessage): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
