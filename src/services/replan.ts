import { nextTurn } from '../engine/cron.js';
import { rehomePlans, schedulesOf, setDue } from '../store/plans.js';
import type { Queryable } from '../store/tenant-clock.js';

/**
 * Plans follow their clock. Steps of scenarios keep their distance when it is set back; schedules stay on the hours they
 * name, so their next turn is the first after the new now. Set forward, what it passed comes once.
 * @param byMs how far the clock goes back, 0 or less.
 */
export async function replan(
  client: Queryable,
  tenantId: string,
  { ownClock, nowMs, byMs }: { ownClock: boolean; nowMs: number; byMs: number },
): Promise<void> {
  await rehomePlans(client, tenantId, { ownClock, byMs });
  if (byMs === 0) return;
  for (const { id, kind, refused } of await schedulesOf(client, tenantId)) {
    const dueAtMs = nextTurn(kind.cron, nowMs);
    if (dueAtMs !== null) await setDue(client, tenantId, { id, dueAtMs, refused });
  }
}
