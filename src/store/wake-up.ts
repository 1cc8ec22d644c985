import pg from 'pg';
import type { Database } from './database.js';
import { poolerIn } from './pooler.js';

const CHANNEL = 'ringer_ready';
// Taken at import, so that a consumer's fake timers never stop ours.
const { setTimeout, clearTimeout } = globalThis;

/** Nudges of this span go in one message, milliseconds: a message for each costs more statements than the deliveries. */
const GATHER_MS = 5;
/** A payload holds 8,000 bytes; above this many lanes the dispatchers' own looks find the rest. */
const MAX_LANES = 1_000;
const RECONNECT_MS = 2_000;

/**
 * Tells dispatchers in other processes which lanes have something ready; no lane at all: something was planned, or turned. Sent after commit, never inside the publish (that
 * takes a lock on all of the server's commits), and allowed to fail: the dispatchers' own looks find what was not told.
 */
export function createNotifier(db: Database): (lanes: readonly number[]) => void {
  const gathered = new Set<number>();
  let timer: NodeJS.Timeout | null = null;
  const send = () => {
    timer = null;
    const lanes = [...gathered].slice(0, MAX_LANES).join(',');
    gathered.clear();
    db.pool.query('SELECT pg_notify($1, $2)', [CHANNEL, lanes]).catch(() => {});
  };
  return (lanes) => {
    for (const lane of lanes) gathered.add(lane);
    if (timer === null) timer = setTimeout(send, GATHER_MS);
  };
}

/** @returns how to stop. A lost connection is made anew; until then the own looks do. */
export function listenForReady(
  connectionString: string,
  ready: (lanes: readonly number[]) => void,
): () => Promise<void> {
  // Behind a pooler nobody would hear: the look once a second does.
  if (poolerIn(connectionString).pooled) return async () => {};
  let stopped = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;

  const again = () => {
    client = null;
    if (!stopped && timer === null) timer = setTimeout(connect, RECONNECT_MS);
  };
  const connect = () => {
    timer = null;
    const made = new pg.Client({ connectionString, keepAlive: true, connectionTimeoutMillis: RECONNECT_MS });
    client = made;
    made.on('error', () => made.end().catch(() => {}));
    made.on('end', again);
    made.on('notification', ({ payload }) => ready(lanesIn(payload ?? '')));
    made
      .connect()
      .then(() => made.query(`LISTEN ${CHANNEL}`))
      .catch(() => made.end().catch(() => {}));
  };
  connect();
  return async () => {
    stopped = true;
    if (timer) clearTimeout(timer);
    await client?.end().catch(() => {});
  };
}

function lanesIn(payload: string): number[] {
  return payload === '' ? [] : payload.split(',').map(Number).filter(Number.isInteger);
}
