import type { Pool as PoolType } from 'undici';
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
  /** Requests under way; the caller counts down. */
  inFlight: number;
}

export interface Pools {
  /**
   * @param key what may share connections; equal keys give equal connectors.
   * @param origin `https://host:port`
   */
  take(key: string, origin: string, connector: ConnectorOptions): PoolEntry;
  destroy(): Promise<void>;
  readonly size: number;
}

/** How long an idle connection stays open, milliseconds: below the 5 s of most servers, or we would meet their close. */
const KEEP_ALIVE_MS = 4_000;
/** A pool is replaced after this, milliseconds, so that a change of DNS or of a certificate is seen. */
const MAX_AGE_MS = 60_000;
const IDLE_MS = 15_000;
const MAX_HEAD_BYTES = 16_384;

const { setInterval: startInterval, clearInterval: stopInterval } = globalThis;

/** Connection pools by key: two tenants behind one host never wait for each other. */
export function createPools(
  connectors: Connectors,
  { connections, maxPools, monotonic }: PoolsOptions,
): Pools {
  const entries = new Map<string, PoolEntry>();

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

  return {
    take(key, origin, connector) {
      const now = monotonic();
      let entry = entries.get(key);
      if (entry && now - entry.bornAt > MAX_AGE_MS) {
        entries.delete(key);
        void entry.pool.close();
        entry = undefined;
      }
      if (!entry) {
        if (entries.size >= maxPools) dropOldest();
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
        entry = { pool, bornAt: now, usedAt: now, inFlight: 0 };
        entries.set(key, entry);
      }
      entry.usedAt = now;
      entry.inFlight += 1;
      return entry;
    },
    async destroy() {
      stopInterval(timer);
      const pools = [...entries.values()].map((entry) => entry.pool.destroy());
      entries.clear();
      await Promise.all(pools);
    },
    get size() {
      return entries.size;
    },
  };
}
