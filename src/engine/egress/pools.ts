import type { Pool as PoolType } from 'undici';
import {
  setImmediate,
  setInterval as startInterval,
  clearInterval as stopInterval,
  turnsAreFaked,
} from '../../lib/timers.js';
import type { ConnectorOptions, Connectors } from './connector.js';
import { Pool } from './undici-parts.js';

export interface PoolsOptions {
  /** Connections per pool. */
  connections: number;
  /** Pools kept; beyond it the one idle for longest goes. Pools with a request under way always stay. */
  maxPools: number;
  monotonic: () => number;
}

export interface PoolEntry {
  readonly pool: PoolType;
  readonly bornAt: number;
  usedAt: number;
  /** Requests under way. */
  inFlight: number;
}

export interface Pools {
  /**
   * @param key what may share connections; equal keys give equal connectors.
   * @param origin `https://host:port`
   */
  take(key: string, origin: string, connector: ConnectorOptions): PoolEntry;
  /** The request for which it was taken is over. */
  giveBack(entry: PoolEntry): void;
  destroy(): Promise<void>;
  readonly size: number;
}

/** How long an idle connection stays open, milliseconds: below the 5 s of most servers, or we would meet their close. */
const KEEP_ALIVE_MS = 4_000;
/** A pool is replaced after this, milliseconds, so that a change of DNS or of a certificate is seen. */
const MAX_AGE_MS = 60_000;
const IDLE_MS = 15_000;
const MAX_HEAD_BYTES = 16_384;

/** Connection pools by key: two tenants behind one host never wait for each other. */
export function createPools(
  connectors: Connectors,
  { connections, maxPools, monotonic }: PoolsOptions,
): Pools {
  const entries = new Map<string, PoolEntry>();
  /**
   * Taken while somebody's test fakes the turns of the loop: undici waits for one before it uses a connection again, and for ever
   * then. So each serves one request, on a connection of its own.
   */
  const single = new Set<PoolEntry>();

  const dropIdle = () => {
    const now = monotonic();
    for (const [key, entry] of entries)
      if (entry.inFlight === 0 && now - entry.usedAt > IDLE_MS) drop(key, entry);
  };
  const timer = startInterval(dropIdle, IDLE_MS / 3);
  timer.unref();

  const drop = (key: string, entry: PoolEntry) => {
    entries.delete(key);
    void entry.pool.destroy();
  };

  const dropOldest = () => {
    let oldest: [string, PoolEntry] | null = null;
    for (const pair of entries) {
      if (pair[1].inFlight === 0 && (oldest === null || pair[1].usedAt < oldest[1].usedAt)) oldest = pair;
    }
    if (oldest) drop(...oldest);
  };

  const open = (origin: string, connector: ConnectorOptions): PoolEntry => {
    const now = monotonic();
    const pool = new Pool(origin, {
      connect: connectors.create(connector),
      connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A server's Keep-Alive header may shorten the time, never lengthen it.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Both are idle timers that restart with every byte; the deadline of the exchange bounds the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { pool, bornAt: now, usedAt: now, inFlight: 0 };
  };

  return {
    take(key, origin, connector) {
      if (turnsAreFaked()) {
        const alone = open(origin, connector);
        single.add(alone);
        alone.inFlight = 1;
        return alone;
      }
      const now = monotonic();
      let entry = entries.get(key);
      if (entry && now - entry.bornAt > MAX_AGE_MS) {
        entries.delete(key);
        void entry.pool.close();
        entry = undefined;
      }
      if (!entry) {
        if (entries.size >= maxPools) dropOldest();
        entry = open(origin, connector);
        entries.set(key, entry);
      }
      entry.usedAt = now;
      entry.inFlight += 1;
      return entry;
    },
    giveBack(entry) {
      entry.inFlight -= 1;
      // Not before undici, which may have told of the end itself, is done with it.
      if (single.delete(entry)) setImmediate(() => void entry.pool.destroy());
    },
    async destroy() {
      stopInterval(timer);
      const pools = [...entries.values(), ...single].map((entry) => entry.pool.destroy());
      entries.clear();
      single.clear();
      // What it promises, it keeps in a turn to come; the connections themselves are closed by now.
      await (turnsAreFaked() ? new Promise<void>((done) => setImmediate(done)) : Promise.all(pools));
    },
    get size() {
      return entries.size;
    },
  };
}
