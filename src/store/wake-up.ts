import pg from 'pg';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import type { Database } from './database.js';
import { poolerIn } from './pooler.js';

const CHANNEL = 'ringer_ready';

/** The first goes at once, and what comes within this span of it together after it, milliseconds: a message for each costs more statements than the deliveries. */
const GATHER_MS = 5;
/** A payload holds 8,000 bytes, a lane takes twelve of them at most; the dispatchers' own looks find the rest. */
const MAX_LANES = 650;
const RECONNECT_MS = 2_000;

/** Marks a lane in a message that may have deliveries of any age. */
const ANY_AGE = '!';

/** Stands for what was planned, or turned. */
const PLANNED = '+';

/** What dispatchers in other processes are told. To be called after commit, and allowed to get lost: their own looks find it. */
export interface WakeUps {
  /** These lanes have ready first attempts that were published just now. */
  nudge(lanes: readonly number[]): void;
  /** These lanes have ready deliveries of either kind, however old. */
  wake(lanes: readonly number[]): void;
  /** Something was planned, or turned. */
  planned(): void;
}

/** Never sent inside a publish: that takes a lock on all of the server's commits. */
export function createWakeUps(db: Database): WakeUps {
  const gathered = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const send = () => {
    timer = null;
    if (gathered.size === 0) return;
    const lanes = [...gathered].slice(0, MAX_LANES).join(',');
    gathered.clear();
    timer = setTimeout(send, GATHER_MS);
    db.pool.query('SELECT pg_notify($1, $2)', [CHANNEL, lanes]).catch(() => {});
  };
  const tell = (lanes: readonly string[]) => {
    for (const lane of lanes) gathered.add(lane);
    if (timer === null) send();
  };
  return {
    nudge: (lanes) => tell(lanes.map(String)),
    wake: (lanes) => tell(lanes.map((lane) => `${ANY_AGE}${lane}`)),
    planned: () => tell([PLANNED]),
  };
}

/** @returns how to stop. A lost connection is made anew; until then the own looks do. */
export function listenForReady(connectionString: string, listener: WakeUps): () => Promise<void> {
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
    made.on('notification', ({ payload }) => hear(payload ?? '', listener));
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

function hear(payload: string, { nudge, wake, planned }: WakeUps): void {
  const told = payload.split(',').filter((text) => text !== '');
  if (told.includes(PLANNED)) planned();
  const lanes = (texts: readonly string[]) => texts.map(Number).filter(Number.isInteger);
  const fresh = lanes(told.filter((text) => !text.startsWith(ANY_AGE)));
  const any = lanes(
    told.filter((text) => text.startsWith(ANY_AGE)).map((text) => text.slice(ANY_AGE.length)),
  );
  if (fresh.length > 0) nudge(fresh);
  if (any.length > 0) wake(any);
}
