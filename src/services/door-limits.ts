import type { DoorLimit } from '../providers/front-door.js';
import { readTenantNow } from '../store/tenant-clock.js';
import type { Context } from './context.js';

/** Where a caller stands after a request was counted. */
export interface DoorCount {
  remaining: number;
  /** Tenant time, milliseconds: from here on a new window begins. */
  resetAtMs: number;
  /** Whether this request is one too many. */
  exceeded: boolean;
}

export interface DoorLimits {
  /** @param caller whoever has a count of its own, within the tenant. */
  count(tenantId: string, caller: string, limit: DoorLimit): Promise<DoorCount>;
}

interface Window {
  startMs: number;
  count: number;
}

/** The one that has not asked for longest is forgotten first. */
const MAX_CALLERS = 10_000;

/** In memory, so each process counts for itself and a new one begins anew. */
export function doorLimits({ db }: Pick<Context, 'db'>): DoorLimits {
  const windows = new Map<string, Window>();
  return {
    async count(tenantId, caller, { requests, windowMs }) {
      const nowMs = await readTenantNow(db.pool, tenantId);
      const key = `${tenantId} ${caller}`;
      const known = windows.get(key);
      // A clock that was put elsewhere has left its window, on either side.
      const holds = known !== undefined && nowMs >= known.startMs && nowMs < known.startMs + windowMs;
      const window = holds ? known : { startMs: nowMs, count: 0 };
      window.count += 1;
      windows.delete(key);
      windows.set(key, window);
      if (windows.size > MAX_CALLERS) windows.delete(windows.keys().next().value!);
      return {
        remaining: Math.max(0, requests - window.count),
        resetAtMs: window.startMs + windowMs,
        exceeded: window.count > requests,
      };
    },
  };
}
